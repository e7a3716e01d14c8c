#include <caxton.h>

static char body[65536];

/* {"ask": "echo", "count": 100}: requests and replies. */
static int ask(const char *to, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    caxton_message reply;
    caxton_writer *draft = caxton_begin(CAXTON_ACT_REQUEST, to);
    caxton_write_key(draft, "content");
    caxton_write_integer(draft, i);
    if (caxton_ask(draft, 0, &reply) < 0) return 2;
  }
  return CAXTON_OK;
}

/* {"fetch": "http://…", "count": 100}: requests with all of their bodies. */
static int fetch(const char *url, int64_t count) {
  caxton_text none = {0};
  for (int64_t i = 0; i < count; i++) {
    caxton_response response;
    long read;
    if (caxton_fetch("GET", url, none, none, &response) < 0) return 3;
    while ((read = caxton_read_body(&response, body, sizeof body)) > 0) continue;
    if (read < 0) return 4;
  }
  return CAXTON_OK;
}

int caxton_handle(const caxton_message *message) {
  int64_t count = caxton_json_integer(caxton_json_get(message->content, "count"), 1);
  char text[256];
  if (caxton_json_string(caxton_json_get(message->content, "ask"), text, sizeof text) > 0) return ask(text, count);
  if (caxton_json_string(caxton_json_get(message->content, "fetch"), text, sizeof text) > 0) return fetch(text, count);
  return CAXTON_NOT_UNDERSTOOD;
}
