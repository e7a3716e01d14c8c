/*
 * Recruits (FIPA00034): asks everybody it knows what it was asked and has them answer whom the initiator designates, else the
 * initiator. Tells the initiator whom it has asked, and of each that is lost.
 */
#include <caxton.h>

#define QUESTION "recruited"

static char names[2048];
static const char *targets[CAXTON_COLLECT_MAX];
static size_t count;
/* A copy of what it was asked. */
static char asked[4096];
static caxton_message order;

static int find_targets(void) {
  if (caxton_config_text("targets", names, sizeof names) < 0) return 2;
  for (char *name = strtok(names, " "); name != NULL && count < CAXTON_COLLECT_MAX; name = strtok(NULL, " ")) {
    targets[count++] = name;
  }
  return CAXTON_OK;
}

static int ask_targets(void) {
  caxton_writer *draft = caxton_begin_all(CAXTON_ACT_QUERY_REF, targets, count);
  caxton_text designated = caxton_json_get(order.content, "designated");
  caxton_write_member(draft, "conversation_id", order.conversation_id);
  caxton_write_member(draft, "protocol", order.protocol);
  caxton_write_member(draft, "reply_to", designated.length > 0 ? designated : order.sender);
  caxton_write_member(draft, "content", caxton_json_get(order.content, "question"));
  caxton_write_key(draft, "reply_with");
  caxton_write_string(draft, QUESTION, strlen(QUESTION));
  int status = caxton_write_reply_by(draft, caxton_config_integer("patience_ms", 1000));
  return status == CAXTON_OK ? caxton_send(draft) : status;
}

static int tell_initiator(void) {
  caxton_writer *draft = caxton_begin_reply(&order, CAXTON_ACT_INFORM);
  caxton_write_key(draft, "content");
  caxton_write_begin_object(draft);
  caxton_write_key(draft, "question");
  caxton_write_string(draft, QUESTION, strlen(QUESTION));
  caxton_write_key(draft, "targets");
  caxton_write_begin_array(draft);
  for (size_t i = 0; i < count; i++) caxton_write_string(draft, targets[i], strlen(targets[i]));
  caxton_write_end_array(draft);
  caxton_write_end_object(draft);
  return caxton_send(draft);
}

static int recruit(const caxton_message *message) {
  if (message->json.length > sizeof asked || find_targets() != CAXTON_OK) {
    return caxton_reply(message, CAXTON_ACT_REFUSE, (caxton_text){NULL, 0});
  }
  memcpy(asked, message->json.at, message->json.length);
  order = caxton_read_message((caxton_text){asked, message->json.length});
  int status = caxton_reply(&order, CAXTON_ACT_AGREE, (caxton_text){NULL, 0});
  if (status == CAXTON_OK) status = ask_targets();
  return status == CAXTON_OK ? tell_initiator() : status;
}

static int tell_of_loss(caxton_text notice) {
  caxton_writer *draft = caxton_begin_reply(&order, CAXTON_ACT_INFORM);
  caxton_write_key(draft, "content");
  caxton_write_begin_object(draft);
  caxton_write_member(draft, "lost", caxton_json_get(notice, "receiver"));
  caxton_write_member(draft, "reason", caxton_json_get(notice, "reason"));
  caxton_write_end_object(draft);
  return caxton_send(draft);
}

int caxton_handle(const caxton_message *message) {
  if (caxton_is(message, CAXTON_ACT_PROXY)) return recruit(message);
  return caxton_json_string_is(message->sender, "caxton") ? tell_of_loss(message->content) : CAXTON_OK;
}
