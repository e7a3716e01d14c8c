/* Sells in a Dutch auction (FIPA00032): the price goes down from call to call, and whoever bids first has it. */
#include <caxton.h>

#define PROTOCOL "fipa-auction-dutch"

/* The names of the bidders, and pointers to them. */
static char names[2048];
static const char *bidders[CAXTON_COLLECT_MAX];
static size_t count;
static caxton_collector bids;
static char order_reply[128], conversation[128];
static int64_t price, step, reserve, rounds;
static char winner[128];

static void begin_auction_message(caxton_writer *draft) {
  caxton_write_key(draft, "protocol");
  caxton_write_string(draft, PROTOCOL, strlen(PROTOCOL));
  caxton_write_key(draft, "conversation_id");
  caxton_write_string(draft, conversation, strlen(conversation));
  caxton_write_key(draft, "content");
  caxton_write_begin_object(draft);
  caxton_write_key(draft, "price");
  caxton_write_integer(draft, price);
  caxton_write_end_object(draft);
}

static int call(void) {
  rounds++;
  caxton_collector_free(&bids);
  caxton_writer *draft = caxton_collect(&bids, CAXTON_ACT_CFP, bidders, count);
  if (draft == NULL) return 2;
  begin_auction_message(draft);
  int status = caxton_write_reply_by(draft, caxton_config_integer("patience_ms", 1000));
  return status == CAXTON_OK ? caxton_send(draft) : status;
}

static int begin(const caxton_message *message) {
  if (caxton_config_text("bidders", names, sizeof names) < 0) return 2;
  if (caxton_json_string(message->reply_with, order_reply, sizeof order_reply) < 0) return 2;
  if (caxton_json_string(caxton_json_get(message->json, "message_id"), conversation, sizeof conversation) < 0) return 2;
  price = caxton_config_integer("start", 0);
  step = caxton_config_integer("step", 1);
  reserve = caxton_config_integer("reserve", 0);
  for (char *name = strtok(names, " "); name != NULL && count < CAXTON_COLLECT_MAX; name = strtok(NULL, " ")) {
    bidders[count++] = name;
  }
  return call();
}

/* The first bid has it; one that comes at the same time is rejected. */
static int answer(const caxton_message *bid) {
  if (!caxton_is(bid, CAXTON_ACT_PROPOSE)) return CAXTON_OK;
  if (winner[0] != 0) return caxton_reply(bid, CAXTON_ACT_REJECT_PROPOSAL, (caxton_text){NULL, 0});
  if (caxton_json_string(bid->sender, winner, sizeof winner) < 0) return 2;
  return caxton_reply(bid, CAXTON_ACT_ACCEPT_PROPOSAL, (caxton_text){NULL, 0});
}

/* Everybody who is there hears that it is over. One that is gone does not, and neither does one whose bid was the last word. */
static int tell_bidders(void) {
  const char *audience[CAXTON_COLLECT_MAX];
  size_t heard = 0;
  for (size_t i = 0; i < count; i++) {
    caxton_text reason = caxton_collector_reason(&bids, i);
    if (reason.length == 0 || caxton_json_string_is(reason, "ERR_PROTOCOL_DEADLINE")) audience[heard++] = bidders[i];
  }
  caxton_writer *draft = caxton_begin_all(CAXTON_ACT_INFORM, audience, heard);
  begin_auction_message(draft);
  return caxton_send(draft);
}

static int conclude(void) {
  int status = tell_bidders();
  if (status != CAXTON_OK) return status;
  caxton_writer *draft = caxton_begin(winner[0] == 0 ? CAXTON_ACT_FAILURE : CAXTON_ACT_INFORM, "user");
  caxton_write_key(draft, "in_reply_to");
  caxton_write_string(draft, order_reply, strlen(order_reply));
  caxton_write_key(draft, "content");
  caxton_write_begin_object(draft);
  caxton_write_key(draft, "winner");
  caxton_write_string(draft, winner, strlen(winner));
  caxton_write_key(draft, "price");
  caxton_write_integer(draft, price);
  caxton_write_key(draft, "rounds");
  caxton_write_integer(draft, rounds);
  caxton_write_key(draft, "out");
  caxton_write_begin_object(draft);
  for (size_t i = 0; i < count; i++) {
    caxton_text reason = caxton_collector_reason(&bids, i);
    if (reason.length > 0) caxton_write_member(draft, bidders[i], reason);
  }
  caxton_write_end_object(draft);
  caxton_write_end_object(draft);
  return caxton_send(draft);
}

int caxton_handle(const caxton_message *message) {
  if (caxton_json_string_is(message->sender, "user")) return begin(message);
  if (!caxton_collector_take(&bids, message)) return CAXTON_OK;
  int status = answer(message);
  if (status != CAXTON_OK || bids.missing > 0) return status;
  if (winner[0] != 0 || price - step < reserve) return conclude();
  price -= step;
  return call();
}
