/* Hostile: computes for ever. Its fuel for one message runs out, and it is ended with ERR_LIMIT_FUEL. */
#include <caxton.h>

int caxton_init(void) {
  return caxton_register("count");
}

int caxton_handle(const caxton_message *message) {
  volatile uint32_t turns = (uint32_t)message->json.length;
  for (;;) turns++;
}
