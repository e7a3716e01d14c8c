import { Message, NOT_UNDERSTOOD, reply } from "caxton"

export function handleMessage(message: Message): i32 {
  if (message.performative != "request") return NOT_UNDERSTOOD
  return reply(message, "inform", message.content)
}
