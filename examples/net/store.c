#include <caxton.h>

int caxton_handle(const caxton_message *message) {
  if (!caxton_is(message, CAXTON_ACT_QUERY_REF)) return CAXTON_NOT_UNDERSTOOD;
  caxton_writer *draft = caxton_begin_reply(message, CAXTON_ACT_INFORM);
  caxton_write_key(draft, "content");
  caxton_write_begin_object(draft);
  caxton_write_key(draft, "price");
  caxton_write_integer(draft, caxton_config_integer("price", 0));
  caxton_write_end_object(draft);
  return caxton_send(draft);
}
