#include <caxton.h>

/* Publishes each price of a list to the topic of gold. */
int caxton_handle(const caxton_message *message) {
  caxton_cursor prices = caxton_json_members(message->content);
  caxton_text price;
  while (caxton_json_next(&prices, &price)) {
    int status = caxton_publish_json("prices.gold", price, CAXTON_PUBLISH_RETAIN);
    if (status != CAXTON_OK) return 2;
  }
  return CAXTON_OK;
}
