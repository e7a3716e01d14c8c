#include <caxton.h>

static char hello[64];

/* Says which language it translates into. */
int caxton_init(void) {
  char properties[64];
  char to[16];
  if (caxton_config_text("to", to, sizeof to) < 0 || caxton_config_text("hello", hello, sizeof hello) < 0) return 2;
  int length = snprintf(properties, sizeof properties, "{\"to\":\"%s\",\"words\":1}", to);
  return caxton_offer("translate", (caxton_text){properties, (size_t)length}, NULL, 0);
}

int caxton_handle(const caxton_message *message) {
  caxton_writer *draft = caxton_begin_reply(message, CAXTON_ACT_INFORM);
  caxton_write_key(draft, "content");
  caxton_write_string(draft, hello, strlen(hello));
  return caxton_send(draft);
}
