#include <caxton.h>

// Answers a number of turns with what a generator of random numbers has come to after as many; anything else with itself.

int caxton_handle(const caxton_message *message) {
  int64_t turns = caxton_json_integer(message->content, -1);
  if (turns < 0) return caxton_reply(message, CAXTON_ACT_INFORM, message->content);
  uint32_t state = 1;
  for (uint32_t turn = (uint32_t)turns; turn > 0; turn--) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
  }
  static caxton_writer writer;
  writer.length = 0;
  caxton_write_integer(&writer, state);
  return caxton_reply(message, CAXTON_ACT_INFORM, caxton_written(&writer));
}
