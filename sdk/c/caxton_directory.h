/*
 * The directory: what agents offer, who finds it, and who is told of changes. Included by <caxton.h>.
 */
#ifndef CAXTON_DIRECTORY_H
#define CAXTON_DIRECTORY_H

/* Begins what is asked of the directory: an object with one field, unless that is NULL. */
static inline caxton_writer *caxton_begin_entry(const char *key, const char *name) {
  static caxton_writer entry;
  entry.length = 0;
  entry.failed = false;
  caxton_write_begin_object(&entry);
  if (name != NULL) {
    caxton_write_key(&entry, key);
    caxton_write_string(&entry, name, strlen(name));
  }
  return &entry;
}

static inline void caxton_end_entry(caxton_writer *entry, caxton_text properties, const char *ontology) {
  if (properties.length > 0) {
    caxton_write_key(entry, "properties");
    caxton_write_json(entry, properties);
  }
  if (ontology != NULL) {
    caxton_write_key(entry, "ontology");
    caxton_write_string(entry, ontology, strlen(ontology));
  }
  caxton_write_end_object(entry);
}

/*
 * Offers a capability like `caxton_register`, and says more of it; offering again takes the place of what was offered before.
 * `properties` is a JSON object of texts, numbers, true and false, and may be empty; `ontology` may be NULL. After `lease_ms` the
 * offer lapses unless it is made again; 0 is never. CAXTON_OK or a negative status.
 */
static inline int caxton_offer(const char *name, caxton_text properties, const char *ontology, int64_t lease_ms) {
  caxton_writer *offer = caxton_begin_entry("name", name);
  if (lease_ms != 0) {
    caxton_write_key(offer, "lease_ms");
    caxton_write_integer(offer, lease_ms);
  }
  caxton_end_entry(offer, properties, ontology);
  return offer->failed ? CAXTON_TOO_LARGE : caxton_offer_capability(offer->bytes, offer->length);
}

/* Takes a capability back that was registered or offered. */
static inline int caxton_withdraw(const char *name) {
  return caxton_withdraw_capability(name, strlen(name));
}

/*
 * Finds what agents offer now. What is NULL or empty is not looked at; each of the `properties` must be there with an equal value of
 * the same type. Answers CAXTON_OK with a JSON object of `offers` and `more`, or a negative status.
 */
static inline int caxton_search(
    const char *capability, caxton_text properties, const char *ontology, caxton_text *found) {
  caxton_writer *filter = caxton_begin_entry("capability", capability);
  caxton_end_entry(filter, properties, ontology);
  if (filter->failed) return CAXTON_TOO_LARGE;
  int32_t answered = caxton_search_directory(filter->bytes, filter->length);
  if (answered < 0) return answered;
  *found = caxton_take(answered);
  return found->length == 0 ? CAXTON_TOO_LARGE : CAXTON_OK;
}

/*
 * Has the agent told of changes in what `caxton_search` would find, under a number of its own: by messages of `caxton` with the
 * ontology `caxton-directory`. A watch of that number ends.
 */
static inline int caxton_watch(int32_t id, const char *capability, caxton_text properties, const char *ontology) {
  caxton_writer *filter = caxton_begin_entry("capability", capability);
  caxton_end_entry(filter, properties, ontology);
  return filter->failed ? CAXTON_TOO_LARGE : caxton_watch_directory(id, filter->bytes, filter->length);
}

/* Ends a watch. */
static inline int caxton_unwatch(int32_t id) {
  return caxton_unwatch_directory(id);
}

#endif
