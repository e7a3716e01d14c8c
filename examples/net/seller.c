#include <caxton.h>

/* What it does when it is called: bids its price, or refuses, says nothing, speaks out of turn, or breaks down. */
static char manner[16];
static int64_t price;

int caxton_init(void) {
  if (caxton_config_text("manner", manner, sizeof manner) < 0) strcpy(manner, "bids");
  price = caxton_config_integer("price", 0);
  return CAXTON_OK;
}

static int say(const caxton_message *message, const char *act) {
  caxton_writer *draft = caxton_begin_reply(message, act);
  caxton_write_key(draft, "content");
  caxton_write_begin_object(draft);
  caxton_write_key(draft, "price");
  caxton_write_integer(draft, price);
  caxton_write_end_object(draft);
  return caxton_send(draft);
}

int caxton_handle(const caxton_message *message) {
  if (caxton_is(message, CAXTON_ACT_ACCEPT_PROPOSAL)) return say(message, CAXTON_ACT_INFORM);
  if (!caxton_is(message, CAXTON_ACT_CFP) || strcmp(manner, "silent") == 0) return CAXTON_OK;
  if (strcmp(manner, "breaks") == 0) __builtin_trap();
  if (strcmp(manner, "refuses") == 0) return caxton_reply(message, CAXTON_ACT_REFUSE, (caxton_text){NULL, 0});
  return say(message, strcmp(manner, "lies") == 0 ? CAXTON_ACT_INFORM : CAXTON_ACT_PROPOSE);
}
