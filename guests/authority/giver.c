// Does with what it may pass on what the operator asks for: the performative says what, the content whom or which.
#include <caxton.h>

static int answer(const caxton_message *message, int status, const char *text) {
  caxton_writer *draft = caxton_begin_reply(message, CAXTON_ACT_INFORM);
  caxton_write_key(draft, "content");
  caxton_write_begin_object(draft);
  caxton_write_key(draft, "status");
  caxton_write_integer(draft, status);
  caxton_write_key(draft, "text");
  caxton_write_string(draft, text, strlen(text));
  caxton_write_end_object(draft);
  return caxton_send(draft);
}

int caxton_handle(const caxton_message *message) {
  char text[128] = "";
  char to[128] = "";
  caxton_json_string(caxton_json_get(message->content, "to"), to, sizeof to - 1);
  char from[128] = "";
  caxton_json_string(caxton_json_get(message->content, "from"), from, sizeof from - 1);
  caxton_text value = caxton_json_get(message->content, "value");
  int64_t state = caxton_json_integer(caxton_json_get(message->content, "state"), 0);
  int status;
  if (caxton_is(message, CAXTON_ACT_PROPOSE)) {
    status = caxton_pass_on(to, "http", value, from[0] == 0 ? NULL : from, text, sizeof text);
  } else if (caxton_is(message, CAXTON_ACT_CANCEL)) {
    status = caxton_set_state(from, (int)state);
  } else if (caxton_is(message, CAXTON_ACT_INFORM_REF)) {
    status = caxton_send(caxton_begin(CAXTON_ACT_INFORM, to));
  } else if (caxton_is(message, CAXTON_ACT_DISCONFIRM)) {
    __builtin_trap();
  } else {
    status = caxton_spawn(to, NULL, value, text, sizeof text);
  }
  return answer(message, status, text);
}
