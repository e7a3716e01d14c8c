/* Hostile: computes for ever. Its fuel for one message runs out, and it is ended with ERR_LIMIT_FUEL. */
#include <caxton.h>

CAXTON_EXPORT(agent_init) int agent_init(void) {
  return caxton_register_capability("count", 5);
}

int caxton_handle(const caxton_message *message) {
  volatile uint32_t turns = (uint32_t)message->json.length;
  for (;;) turns++;
}
