// A picture of the user's, made fit to be sent. It is held in memory alone,
// by a number that the address names, and gone with the page.

// Models look at a few hundred pixels.
const LONGEST = 1280;
const LARGE = 1024 * 1024;
const kept = new Map();

export const uploadOf = (number) => kept.get(number);

export async function keep(file, limits) {
  const upload = await prepared(file, limits);
  const number = kept.size + 1;
  kept.set(number, upload);
  return number;
}

// Throws an Error whose message is for the user.
async function prepared(file, limits) {
  if (!file.size) throw new Error("This file is empty.");
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    throw new Error(
      "This file is not a picture that the browser can read. " +
        "Choose a JPEG, PNG, WebP, GIF or BMP file.",
    );
  }
  const pixels = picture.width * picture.height;
  const asIs =
    limits.formats.includes(file.type) &&
    Math.max(picture.width, picture.height) <= LONGEST &&
    file.size <= Math.min(LARGE, limits.body_bytes * 0.9) &&
    pixels <= limits.pixels;
  const sent = asIs ? file : await smaller(picture, limits);
  const preview = drawn(picture, 320 / Math.max(picture.width, picture.height));
  picture.close();
  // The form has a few fields beside the picture.
  if (sent.size > limits.body_bytes - 4096) {
    throw new Error("This picture is too large to be sent.");
  }
  return { blob: sent, name: file.name || "Pasted picture", preview };
}

async function smaller(picture, limits) {
  const { width, height } = picture;
  const scale = Math.min(
    LONGEST / Math.max(width, height),
    Math.sqrt(limits.pixels / (width * height)),
  );
  // Drawing it anew also leaves behind where and by what it was taken.
  const canvas = drawn(picture, scale);
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) =>
        blob ? resolve(blob) : reject(new Error("This picture can't be read.")),
      "image/jpeg",
      0.92,
    ),
  );
}

function drawn(picture, scale) {
  const canvas = document.createElement("canvas");
  const factor = Math.min(scale, 1);
  canvas.width = Math.max(1, Math.floor(picture.width * factor));
  canvas.height = Math.max(1, Math.floor(picture.height * factor));
  const context = canvas.getContext("2d");
  context.fillStyle = "white"; // behind what is transparent
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

// Calls `take(file)` for a file chosen, photographed, dropped or pasted.
export function listen({ inputs, well, take }) {
  for (const input of inputs) {
    input.addEventListener("change", () => {
      if (input.files.length) take(input.files[0]);
      input.value = ""; // the same file again is a change too
    });
  }
  const files = (transfer) => [...(transfer?.files ?? [])];
  const over = (on) => well.classList.toggle("over", on);
  document.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    over(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) over(false);
  });
  document.addEventListener("drop", (event) => {
    over(false);
    const [file] = files(event.dataTransfer);
    if (!file) return;
    event.preventDefault();
    take(file);
  });
  document.addEventListener("paste", (event) => {
    const [file] = files(event.clipboardData);
    if (!file) return; // text, for the field that has the focus
    event.preventDefault();
    take(file);
  });
}
