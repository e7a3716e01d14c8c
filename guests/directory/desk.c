// Does in the directory what the operator asks for, and passes on to the operator what it is told of changes.
#include <caxton.h>

static int pass_on(const caxton_message *message) {
  caxton_writer *draft = caxton_begin(CAXTON_ACT_INFORM, "user");
  caxton_write_key(draft, "content");
  caxton_write_json(draft, message->content);
  return caxton_send(draft);
}

int caxton_handle(const caxton_message *message) {
  char deed[32] = "";
  caxton_json_string(caxton_json_get(message->content, "deed"), deed, sizeof deed - 1);
  char name[320] = "";
  long named = caxton_json_string(caxton_json_get(message->content, "name"), name, sizeof name - 1);
  char ontology[320] = "";
  long told = caxton_json_string(caxton_json_get(message->content, "ontology"), ontology, sizeof ontology - 1);
  caxton_text properties = caxton_json_get(message->content, "properties");
  int32_t id = (int32_t)caxton_json_integer(caxton_json_get(message->content, "id"), 0);
  const char *words = told < 0 ? NULL : ontology;
  caxton_text found = {NULL, 0};
  int status;
  if (strcmp(deed, "offer") == 0) {
    int64_t lease_ms = caxton_json_integer(caxton_json_get(message->content, "lease_ms"), 0);
    status = caxton_offer(name, properties, words, lease_ms);
  } else if (strcmp(deed, "register") == 0) {
    status = caxton_register(name);
  } else if (strcmp(deed, "withdraw") == 0) {
    status = caxton_withdraw(name);
  } else if (strcmp(deed, "search") == 0) {
    status = caxton_search(named < 0 ? NULL : name, properties, words, &found);
  } else if (strcmp(deed, "watch") == 0) {
    status = caxton_watch(id, named < 0 ? NULL : name, properties, words);
  } else if (strcmp(deed, "unwatch") == 0) {
    status = caxton_unwatch(id);
  } else {
    return caxton_json_string_is(message->sender, "caxton") ? pass_on(message) : CAXTON_NOT_UNDERSTOOD;
  }
  caxton_writer *draft = caxton_begin_reply(message, CAXTON_ACT_INFORM);
  caxton_write_key(draft, "content");
  caxton_write_begin_object(draft);
  caxton_write_key(draft, "status");
  caxton_write_integer(draft, status);
  if (found.length > 0) {
    caxton_write_key(draft, "found");
    caxton_write_json(draft, found);
  }
  caxton_write_end_object(draft);
  return caxton_send(draft);
}
