/*
 * What an agent written in C or C++ includes. It defines the first function, and the others if it wants:
 *
 *   int caxton_handle(const caxton_message *message);
 *   int caxton_init(void);
 *   int caxton_timer(int32_t id);
 *
 * The first answers CAXTON_OK when the message is handled, CAXTON_NOT_UNDERSTOOD when it is not, any other number for a
 * failure. The second runs once, before the first message, and answers CAXTON_OK if the agent can start.
 * The third runs when a timer is due that was set with caxton_set_timer(id, delay_ms). An agent that
 * prefers the bare ABI includes <caxton_abi.h> alone and exports its functions itself.
 */
#ifndef CAXTON_H
#define CAXTON_H

#include <stdarg.h>
#include <time.h>

#include "caxton_abi.h"
#include "caxton_json.h"

/* Longest line that `caxton_log_format` writes, bytes; the rest is left out. */
#ifndef CAXTON_LOG_BYTES
#define CAXTON_LOG_BYTES 512
#endif

/* A message. Its fields are ranges of its JSON text, in JSON: strings still have their quotes. */
typedef struct caxton_message {
  caxton_text json;
  caxton_text performative;
  caxton_text sender;
  /* The agent itself, or what it was reached by: a capability, a topic. */
  caxton_text receiver;
  caxton_text content;
  caxton_text conversation_id;
  caxton_text reply_with;
  caxton_text in_reply_to;
  caxton_text reply_to;
  caxton_text reply_by;
  caxton_text protocol;
  caxton_text language;
  caxton_text encoding;
  caxton_text ontology;
} caxton_message;

#ifdef __cplusplus
extern "C" {
#endif

int caxton_handle(const caxton_message *message);
__attribute__((weak)) int caxton_init(void);
__attribute__((weak)) int caxton_timer(int32_t id);

#ifdef __cplusplus
}
#endif

/* Returns the field that a key names, NULL for one that is not read. The runtime writes names without escapes. */
static inline caxton_text *caxton_message_field(caxton_message *message, caxton_text key) {
  if (!caxton_json_is_string(key)) return NULL;
#define CAXTON_FIELD(field) \
  if (key.length == sizeof #field + 1 && memcmp(key.at + 1, #field, sizeof #field - 1) == 0) return &message->field
  CAXTON_FIELD(performative);
  CAXTON_FIELD(sender);
  CAXTON_FIELD(receiver);
  CAXTON_FIELD(content);
  CAXTON_FIELD(conversation_id);
  CAXTON_FIELD(reply_with);
  CAXTON_FIELD(in_reply_to);
  CAXTON_FIELD(reply_to);
  CAXTON_FIELD(reply_by);
  CAXTON_FIELD(protocol);
  CAXTON_FIELD(language);
  CAXTON_FIELD(encoding);
  CAXTON_FIELD(ontology);
#undef CAXTON_FIELD
  return NULL;
}

static inline caxton_message caxton_read_message(caxton_text json) {
  caxton_message message;
  memset(&message, 0, sizeof message);
  message.json = json;
  caxton_cursor cursor = caxton_json_members(json);
  caxton_text key, value;
  while (caxton_json_next_member(&cursor, &key, &value)) {
    caxton_text *field = caxton_message_field(&message, key);
    if (field != NULL) *field = value;
  }
  return message;
}

/* Tells whether a message has an act, such as CAXTON_ACT_REQUEST. */
static inline bool caxton_is(const caxton_message *message, const char *performative) {
  return caxton_json_string_is(message->performative, performative);
}

/*
 * Starts a message to an agent, a capability ("capability:count"), a topic ("topic:prices") or "user". There is one draft at a time.
 * Add `caxton_write_key(draft, "content")` and a value, then `caxton_send(draft)`.
 */
static inline caxton_writer *caxton_begin(const char *performative, const char *receiver) {
  static caxton_writer draft;
  draft.length = 0;
  draft.failed = false;
  caxton_write_begin_object(&draft);
  caxton_write_key(&draft, "performative");
  caxton_write_string(&draft, performative, strlen(performative));
  if (receiver != NULL) {
    caxton_write_key(&draft, "receiver");
    caxton_write_string(&draft, receiver, strlen(receiver));
  }
  return &draft;
}

/*
 * Starts one message to each of several receivers, all in one conversation: all are accepted or none is, and one that cannot
 * be delivered comes back as a failure.
 */
static inline caxton_writer *caxton_begin_all(const char *performative, const char *const *receivers, size_t count) {
  caxton_writer *draft = caxton_begin(performative, NULL);
  caxton_write_key(draft, "receiver");
  caxton_write_begin_array(draft);
  for (size_t i = 0; i < count; i++) caxton_write_string(draft, receivers[i], strlen(receivers[i]));
  caxton_write_end_array(draft);
  return draft;
}

static inline void caxton_write_member(caxton_writer *draft, const char *name, caxton_text json) {
  if (json.length == 0) return;
  caxton_write_key(draft, name);
  caxton_write_json(draft, json);
}

/* Starts the answer to a message: its sender, or who it names in `reply_to`, its conversation, protocol and `in_reply_to`. */
static inline caxton_writer *caxton_begin_reply(const caxton_message *message, const char *performative) {
  caxton_writer *draft = caxton_begin(performative, NULL);
  caxton_write_member(draft, "receiver", message->reply_to.length == 0 ? message->sender : message->reply_to);
  caxton_write_member(draft, "conversation_id", message->conversation_id);
  caxton_write_member(draft, "in_reply_to", message->reply_with);
  caxton_write_member(draft, "protocol", message->protocol);
  return draft;
}

/* Writes the field `reply_by`: so many milliseconds from now. CAXTON_DENIED without the grant `clock`: then there is none. */
static inline int caxton_write_reply_by(caxton_writer *draft, int64_t delay_ms) {
  int64_t now = caxton_now_micros();
  if (now < 0) return (int)now;
  int64_t ms = now / 1000 + delay_ms;
  time_t seconds = (time_t)(ms / 1000);
  struct tm utc;
  char text[40];
  if (gmtime_r(&seconds, &utc) == NULL) return CAXTON_INVALID;
  size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  length += (size_t)snprintf(text + length, sizeof text - length, ".%03dZ", (int)(ms % 1000));
  caxton_write_key(draft, "reply_by");
  caxton_write_string(draft, text, length);
  return CAXTON_OK;
}

/* Sends a draft. Answers CAXTON_OK or a negative status; CAXTON_TOO_LARGE when the draft did not fit. */
static inline int caxton_send(caxton_writer *draft) {
  caxton_write_end_object(draft);
  if (draft->failed) return CAXTON_TOO_LARGE;
  return caxton_send_message(draft->bytes, draft->length);
}

/* Answers a message with an act and a content that is JSON text already; no content when it is empty. */
static inline int caxton_reply(const caxton_message *message, const char *performative, caxton_text content) {
  caxton_writer *draft = caxton_begin_reply(message, performative);
  caxton_write_member(draft, "content", content);
  return caxton_send(draft);
}

/* Most receivers of one collector. */
#ifndef CAXTON_COLLECT_MAX
#define CAXTON_COLLECT_MAX 64
#endif

/*
 * One answer of each of several agents: what the runtime says about one of them counts as its answer, too, and that nothing is sent
 * any more as the answer of all that are missing. It waits for agents by their names: whoever answers for an address such as
 * "capability:<name>" has another.
 */
typedef struct caxton_collector {
  const char *const *receivers;
  size_t count;
  size_t missing;
  char reply_with[24];
  /* JSON text of each answer, by receiver; empty while it is missing. Freed by `caxton_collector_free`. */
  caxton_text answers[CAXTON_COLLECT_MAX];
  /* Whether there is a reason in the place of an answer. */
  bool given_up[CAXTON_COLLECT_MAX];
} caxton_collector;

/*
 * Starts one message to each of several receivers, whose names must stay where they are. Add further fields, then
 * `caxton_send(draft)`. NULL when there are too many.
 */
static inline caxton_writer *caxton_collect(caxton_collector *collector, const char *performative,
                                            const char *const *receivers, size_t count) {
  static unsigned collections;
  if (count > CAXTON_COLLECT_MAX) return NULL;
  memset(collector, 0, sizeof *collector);
  collector->receivers = receivers;
  collector->count = collector->missing = count;
  snprintf(collector->reply_with, sizeof collector->reply_with, "collect-%u", ++collections);
  caxton_writer *draft = caxton_begin_all(performative, receivers, count);
  caxton_write_key(draft, "reply_with");
  caxton_write_string(draft, collector->reply_with, strlen(collector->reply_with));
  return draft;
}

/* Keeps a copy of a text in the place of an answer that is missing. False when none is, and when there is no memory. */
static inline bool caxton_collector_keep(caxton_collector *collector, size_t receiver, caxton_text text) {
  if (receiver >= collector->count || collector->answers[receiver].length > 0) return false;
  char *copy = (char *)malloc(text.length);
  if (copy == NULL) return false;
  memcpy(copy, text.at, text.length);
  collector->answers[receiver] = (caxton_text){copy, text.length};
  collector->missing--;
  return true;
}

/* Tells whether a message is an answer that was missing; then a copy of it is kept. `agree` is none yet. */
static inline bool caxton_collector_take(caxton_collector *collector, const caxton_message *message) {
  if (!caxton_json_string_is(message->in_reply_to, collector->reply_with)) return false;
  if (caxton_is(message, CAXTON_ACT_AGREE)) return false;
  bool is_notice = caxton_json_string_is(message->sender, "caxton");
  caxton_text from = is_notice ? caxton_json_get(message->content, "receiver") : message->sender;
  caxton_text guard = is_notice ? caxton_json_get(message->content, "guard") : (caxton_text){NULL, 0};
  /* A guard that ends everything leaves no answer to wait for; one that lets two agents rest is about one of them. */
  bool is_over = guard.length > 0 && !caxton_json_string_is(guard, "circuit");
  size_t missing = collector->missing;
  for (size_t i = 0; i < collector->count; i++) {
    if (is_over || caxton_json_string_is(from, collector->receivers[i])) caxton_collector_keep(collector, i, message->json);
  }
  return collector->missing < missing;
}

/*
 * Waits no longer for a receiver, for a reason that is known otherwise, such as a recruiter: the JSON text of a string. Tells
 * whether its answer was missing.
 */
static inline bool caxton_collector_give_up(caxton_collector *collector, size_t receiver, caxton_text reason) {
  if (reason.length == 0 || !caxton_collector_keep(collector, receiver, reason)) return false;
  return collector->given_up[receiver] = true;
}

/* Returns the answer of a receiver; empty fields while it is missing, and where it is given up. They stay until `caxton_collector_free`. */
static inline caxton_message caxton_collector_answer(const caxton_collector *collector, size_t receiver) {
  return caxton_read_message(collector->answers[receiver]);
}

/*
 * Returns why a receiver gave no answer of its own: the JSON text of a code, such as "ERR_PROTOCOL_DEADLINE"; empty when it did,
 * and while nothing is known of it.
 */
static inline caxton_text caxton_collector_reason(const caxton_collector *collector, size_t receiver) {
  if (collector->given_up[receiver]) return collector->answers[receiver];
  caxton_message answer = caxton_collector_answer(collector, receiver);
  if (!caxton_json_string_is(answer.sender, "caxton")) return (caxton_text){NULL, 0};
  return caxton_json_get(answer.content, "reason");
}

static inline void caxton_collector_free(caxton_collector *collector) {
  for (size_t i = 0; i < collector->count; i++) free((void *)collector->answers[i].at);
  memset(collector, 0, sizeof *collector);
}

/* Writes a line to the agent's log, at a level such as CAXTON_INFO. */
static inline int caxton_log_line(int level, const char *line) {
  return caxton_log(level, line, strlen(line));
}

/* Writes a line made as printf does. A line that is longer than CAXTON_LOG_BYTES is cut. */
__attribute__((format(printf, 2, 3))) static inline int caxton_log_format(int level, const char *format, ...) {
  char line[CAXTON_LOG_BYTES + 1];
  va_list values;
  va_start(values, format);
  int length = vsnprintf(line, sizeof line, format, values);
  va_end(values);
  if (length < 0) return CAXTON_INVALID;
  return caxton_log(level, line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
}

/* Makes the agent reachable as "capability:<name>". */
static inline int caxton_register(const char *name) {
  return caxton_register_capability(name, strlen(name));
}

/*
 * Publishes a content, JSON text or empty, to a topic: an `inform` that every agent gets which has subscribed to it. `flags` is 0, or
 * CAXTON_PUBLISH_RETAIN to make it the last value of the topic, for whoever subscribes later.
 */
static inline int caxton_publish_json(const char *topic, caxton_text content, int flags) {
  return caxton_publish(topic, strlen(topic), content.at, content.length, flags);
}

/*
 * Subscribes to the topics that a pattern stands for, `*` for one token and a final `>` for the rest, when the message is handled. What
 * comes has the receiver `topic:<name>`.
 */
static inline int caxton_subscribe(const char *pattern) {
  return caxton_subscribe_topic(pattern, strlen(pattern));
}

/* Ends a subscription when the message is handled. CAXTON_NOT_FOUND when there is none to that pattern. */
static inline int caxton_unsubscribe(const char *pattern) {
  return caxton_unsubscribe_topic(pattern, strlen(pattern));
}

/*
 * Writes the value of a key of the agent's configuration to `out` with a final zero byte; returns its length in bytes.
 * CAXTON_NOT_FOUND when there is no such key, CAXTON_TOO_LARGE when it does not fit: then `out` is empty.
 */
static inline long caxton_config_text(const char *key, char *out, size_t capacity) {
  if (capacity == 0) return CAXTON_TOO_LARGE;
  int32_t length = caxton_get_config(key, strlen(key), out, capacity - 1);
  bool fits = length >= 0 && (size_t)length < capacity;
  out[fits ? length : 0] = 0;
  return fits || length < 0 ? length : CAXTON_TOO_LARGE;
}

/* Stores bytes under a key: kept when the message is handled, gone when it is not. CAXTON_OK or a negative status. */
static inline int caxton_store(const char *key, const void *value, size_t length) {
  return caxton_store_data(key, strlen(key), (const char *)value, length);
}

/*
 * Writes what is stored under a key to `out`; returns its length in bytes, CAXTON_NOT_FOUND when there is nothing,
 * CAXTON_TOO_LARGE when it does not fit: then nothing is written.
 */
static inline long caxton_load(const char *key, void *out, size_t capacity) {
  int32_t length = caxton_load_data(key, strlen(key), (char *)out, capacity);
  return length >= 0 && (size_t)length > capacity ? CAXTON_TOO_LARGE : length;
}

/* Drops what is stored under a key. CAXTON_OK, or CAXTON_NOT_FOUND when there is nothing. */
static inline int caxton_delete(const char *key) {
  return caxton_delete_data(key, strlen(key));
}

/* Stores a whole number, and loads it: `otherwise` when there is none. */
static inline int caxton_store_integer(const char *key, int64_t value) {
  return caxton_store(key, &value, sizeof value);
}

static inline int64_t caxton_load_integer(const char *key, int64_t otherwise) {
  int64_t value;
  return caxton_load(key, &value, sizeof value) == sizeof value ? value : otherwise;
}

/* Returns a key of the configuration as a whole number, `otherwise` when there is no such key or it is none. */
static inline int64_t caxton_config_integer(const char *key, int64_t otherwise) {
  char digits[24];
  long length = caxton_config_text(key, digits, sizeof digits);
  return length < 0 ? otherwise : caxton_json_integer((caxton_text){digits, (size_t)length}, otherwise);
}

#include "caxton_services.h"
#include "caxton_directory.h"

/* ---- The exports. One message is handled at a time, so one buffer is enough. ---- */

CAXTON_EXPORT(agent_init) int agent_init(void) {
  return caxton_init == NULL ? CAXTON_OK : caxton_init();
}

CAXTON_EXPORT(handle_timer) int handle_timer(int32_t id) {
  return caxton_timer == NULL ? CAXTON_NOT_UNDERSTOOD : caxton_timer(id);
}

CAXTON_EXPORT(caxton_alloc) void *caxton_alloc(size_t length) {
  static void *buffer;
  static size_t capacity;
  if (length > capacity) {
    free(buffer);
    buffer = malloc(length);
    capacity = buffer == NULL ? 0 : length;
  } else if (buffer == NULL) {
    buffer = malloc(capacity = 256);
  }
  return buffer;
}

CAXTON_EXPORT(handle_message) int handle_message(const char *text, size_t length) {
  caxton_message message = caxton_read_message((caxton_text){text, length});
  return caxton_handle(&message);
}

#endif
