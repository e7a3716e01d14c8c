/* The same clerk in C. */
#include <caxton.h>

#define LIMIT 100

static int propose(const caxton_message *message) {
  caxton_writer *draft = caxton_begin(CAXTON_ACT_PROPOSE, "human:alice");
  caxton_write_key(draft, "protocol");
  caxton_write_string(draft, "fipa-propose", strlen("fipa-propose"));
  caxton_write_member(draft, "reply_with", message->conversation_id);
  caxton_write_member(draft, "content", message->content);
  return caxton_send(draft);
}

static int decide(const caxton_message *message) {
  bool approved = caxton_is(message, CAXTON_ACT_ACCEPT_PROPOSAL);
  caxton_writer *draft = caxton_begin(approved ? CAXTON_ACT_INFORM : CAXTON_ACT_FAILURE, "user");
  caxton_write_member(draft, "conversation_id", message->in_reply_to);
  caxton_write_key(draft, "content");
  caxton_write_begin_object(draft);
  caxton_write_key(draft, "paid");
  caxton_write_boolean(draft, approved);
  caxton_write_end_object(draft);
  return caxton_send(draft);
}

int caxton_handle(const caxton_message *message) {
  if (caxton_json_string_is(message->protocol, "fipa-propose")) return decide(message);
  if (!caxton_is(message, CAXTON_ACT_REQUEST)) return CAXTON_NOT_UNDERSTOOD;
  int64_t amount = caxton_json_integer(caxton_json_get(message->content, "amount"), 0);
  if (amount > LIMIT) return propose(message);
  return caxton_reply(message, CAXTON_ACT_INFORM, message->content);
}
