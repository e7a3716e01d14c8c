/* Bids until the price is beyond its limit; does what the auctions and nets of FIPA ask of a participant. */
#include <caxton.h>

/* "mute" never says a word, "loops" computes for ever from the call number `at` on. */
static char manner[16];
static int64_t limit;
static int64_t at;
static volatile int64_t calls;

int caxton_init(void) {
  if (caxton_config_text("manner", manner, sizeof manner) < 0) strcpy(manner, "honest");
  limit = caxton_config_integer("limit", 0);
  at = caxton_config_integer("at", 2);
  return CAXTON_OK;
}

static int say(const caxton_message *message, const char *act, int64_t price) {
  caxton_writer *draft = caxton_begin_reply(message, act);
  caxton_write_key(draft, "content");
  caxton_write_begin_object(draft);
  caxton_write_key(draft, "price");
  caxton_write_integer(draft, price);
  caxton_write_end_object(draft);
  return caxton_send(draft);
}

/* Bids, or tells its limit to who may ask for that. */
static int bid(const caxton_message *message) {
  calls++;
  while (calls >= at && strcmp(manner, "loops") == 0) calls++;
  if (caxton_is(message, CAXTON_ACT_QUERY_REF)) return say(message, CAXTON_ACT_INFORM, limit);
  int64_t price = caxton_json_integer(caxton_json_get(message->content, "price"), 0);
  return say(message, price <= limit ? CAXTON_ACT_PROPOSE : CAXTON_ACT_REFUSE, limit);
}

/* In a net the work is done when the award comes; in an auction nothing follows upon it. */
static int perform(const caxton_message *message) {
  static const char *const auctions[] = {"fipa-auction-english", "fipa-auction-dutch"};
  for (int i = 0; i < 2; i++) {
    if (caxton_json_string_is(message->protocol, auctions[i])) return CAXTON_OK;
  }
  return say(message, CAXTON_ACT_INFORM, limit);
}

int caxton_handle(const caxton_message *message) {
  if (strcmp(manner, "mute") == 0) return CAXTON_OK;
  if (caxton_is(message, CAXTON_ACT_CFP) || caxton_is(message, CAXTON_ACT_QUERY_REF)) return bid(message);
  if (caxton_is(message, CAXTON_ACT_ACCEPT_PROPOSAL)) return perform(message);
  if (!caxton_is(message, CAXTON_ACT_REQUEST)) return CAXTON_OK;
  int status = caxton_reply(message, CAXTON_ACT_AGREE, (caxton_text){NULL, 0});
  return status == CAXTON_OK ? say(message, CAXTON_ACT_INFORM, limit) : status;
}
