"""An agent that needs no SDK: it reads a message a line and writes one a line."""

import json
import sys

for line in sys.stdin:
    message = json.loads(line)
    reply = {"performative": "inform", "receiver": message["sender"], "content": message.get("content")}
    if "reply_with" in message:
        reply["in_reply_to"] = message["reply_with"]
    print(json.dumps(reply), flush=True)
