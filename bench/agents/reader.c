#include <caxton.h>

int caxton_init(void) { return caxton_subscribe("bench.*"); }

int caxton_handle(const caxton_message *message) { return message->content.length > 0 ? CAXTON_OK : 2; }
