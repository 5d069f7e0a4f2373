// What went wrong, in words: whose sentence it is, and what to do.

const WORDS = {
  0: ["The server can't be reached", "Is it running, and are you connected?"],
  404: ["There is nothing here", "Does the server run with its page?"],
  408: ["The picture arrived too slowly", "Try again, or send a smaller one."],
  413: ["That is too large", "Choose a smaller picture, or cut it to what matters."],
  415: ["That can't be sent", "Choose a JPEG, PNG, WebP, GIF or BMP file."],
  421: ["The server is not called by this name", "Ask who runs it."],
  429: ["That was a lot at once", "Wait a moment."],
  500: ["The server failed", "Who runs it finds the reason in its log."],
  503: ["The server is busy", "Wait a moment."],
  504: ["That took too long", "Try again in a moment."],
};
const MISUNDERSTOOD = [
  "The server can't answer that",
  "Change the picture, the words or the filters.",
];
// The same again would be refused again.
const FINAL = [400, 413, 415, 421, 422];

export function advice(failure) {
  const { status, message, wait } = failure;
  let [title, todo] = WORDS[status] ?? ["The server's answer is odd", ""];
  if (status === 400 || status === 422) [title, todo] = MISUNDERSTOOD;
  if (status === 422 && message.startsWith("`reference_id`")) {
    title = "The reference can't be used";
    todo = "Choose another picture to start from.";
  }
  const said = message ? `The server says: ${message}` : "";
  return {
    title,
    sentence: said || (status ? `It answered with status ${status}.` : ""),
    todo,
    again: !FINAL.includes(status),
    wait,
  };
}
