#define CAXTON_DRAFT_BYTES 131072
#include <caxton.h>

// On a request from the user with the number of rounds: that many times asks its `peer` and waits for the answer, with `window`
// questions under way at once and `bytes` of content in each, under a `protocol` if there is one; then tells the user.

static int64_t asked;
static int64_t answered;
static int64_t rounds;
static char reply_with[128];
static char peer[64];
static char protocol[64];
static char content[65536 + 2];
static size_t content_length;

int caxton_init(void) {
  if (caxton_config_text("peer", peer, sizeof peer) < 0) return 2;
  caxton_config_text("protocol", protocol, sizeof protocol);
  int64_t bytes = caxton_config_integer("bytes", 0);
  if (bytes < 0 || bytes > 65536) return 2;
  memset(content, 'x', sizeof content);
  content_length = (size_t)bytes + 2;
  content[0] = content[content_length - 1] = '"';
  return CAXTON_OK;
}

static int ask(void) {
  asked++;
  caxton_writer *draft = caxton_begin(CAXTON_ACT_REQUEST, peer);
  caxton_write_key(draft, "reply_with");
  caxton_write_string(draft, "p", 1);
  if (protocol[0] != 0) {
    caxton_write_key(draft, "protocol");
    caxton_write_string(draft, protocol, strlen(protocol));
  }
  caxton_write_key(draft, "content");
  caxton_write_json(draft, (caxton_text){content, content_length});
  return caxton_send(draft);
}

static int tell_user(void) {
  caxton_writer *draft = caxton_begin(CAXTON_ACT_INFORM, "user");
  caxton_write_key(draft, "in_reply_to");
  caxton_write_string(draft, reply_with, strlen(reply_with));
  return caxton_send(draft);
}

int caxton_handle(const caxton_message *message) {
  if (caxton_is(message, CAXTON_ACT_REQUEST)) {
    rounds = caxton_json_integer(message->content, 0);
    asked = answered = 0;
    long length = caxton_json_string(message->reply_with, reply_with, sizeof reply_with - 1);
    if (length < 0 || length >= (long)sizeof reply_with) return 2;
    reply_with[length] = 0;
    int64_t window = caxton_config_integer("window", 1);
    for (int64_t i = 0; i < window && i < rounds; i++) {
      int status = ask();
      if (status != CAXTON_OK) return 3;
    }
    return CAXTON_OK;
  }
  if (!caxton_is(message, CAXTON_ACT_INFORM)) return 4;
  if (++answered == rounds) return tell_user();
  return asked < rounds ? ask() : CAXTON_OK;
}
