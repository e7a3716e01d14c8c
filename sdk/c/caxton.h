/*
 * What an agent written in C or C++ includes. It defines one function:
 *
 *   int caxton_handle(const caxton_message *message);
 *
 * which answers CAXTON_OK when the message is handled, CAXTON_NOT_UNDERSTOOD when it is not, any other number for a
 * failure. An agent that prefers the bare ABI includes <caxton_abi.h> alone and exports its functions itself.
 */
#ifndef CAXTON_H
#define CAXTON_H

#include "caxton_abi.h"
#include "caxton_json.h"

/* A message. Its fields are ranges of its JSON text, in JSON: strings still have their quotes. */
typedef struct caxton_message {
  caxton_text json;
  caxton_text performative;
  caxton_text sender;
  caxton_text content;
  caxton_text conversation_id;
  caxton_text reply_with;
  caxton_text in_reply_to;
  caxton_text protocol;
} caxton_message;

#ifdef __cplusplus
extern "C" {
#endif

int caxton_handle(const caxton_message *message);

#ifdef __cplusplus
}
#endif

static inline caxton_message caxton_read_message(caxton_text json) {
  caxton_message message = {json, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
  struct {
    const char *name;
    caxton_text *field;
  } fields[] = {
      {"performative", &message.performative},
      {"sender", &message.sender},
      {"content", &message.content},
      {"conversation_id", &message.conversation_id},
      {"reply_with", &message.reply_with},
      {"in_reply_to", &message.in_reply_to},
      {"protocol", &message.protocol},
  };
  caxton_cursor cursor = caxton_json_members(json);
  caxton_text key, value;
  while (caxton_json_next_member(&cursor, &key, &value)) {
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
      if (caxton_json_string_is(key, fields[i].name)) *fields[i].field = value;
    }
  }
  return message;
}

/* Tells whether a message has an act, such as CAXTON_ACT_REQUEST. */
static inline bool caxton_is(const caxton_message *message, const char *performative) {
  return caxton_json_string_is(message->performative, performative);
}

/*
 * Starts a message to an agent, a capability ("capability:count") or "user". There is one draft at a time.
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

static inline void caxton_write_member(caxton_writer *draft, const char *name, caxton_text json) {
  if (json.length == 0) return;
  caxton_write_key(draft, name);
  caxton_write_json(draft, json);
}

/* Starts the answer to a message: its sender as receiver, its conversation and protocol, and `in_reply_to`. */
static inline caxton_writer *caxton_begin_reply(const caxton_message *message, const char *performative) {
  caxton_writer *draft = caxton_begin(performative, NULL);
  caxton_write_member(draft, "receiver", message->sender);
  caxton_write_member(draft, "conversation_id", message->conversation_id);
  caxton_write_member(draft, "in_reply_to", message->reply_with);
  caxton_write_member(draft, "protocol", message->protocol);
  return draft;
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

/* Writes a line to the agent's log, at a level such as CAXTON_INFO. */
static inline int caxton_log_line(int level, const char *line) {
  return caxton_log(level, line, strlen(line));
}

/* ---- The exports. One message is handled at a time, so one buffer is enough. ---- */

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
