import { useEffect, useRef, useState } from "react";

const WIDTH = 640;

/** Show a chosen file. On a canvas, as the content-security policy has no `blob:` pictures. */
export function Preview({ file }: { readonly file: File }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drawn, setDrawn] = useState<File | null>(null);

  useEffect(() => {
    if (!("createImageBitmap" in window)) return;
    let wanted = true;
    createImageBitmap(file, { resizeWidth: WIDTH, resizeQuality: "medium" }).then(
      (bitmap) => {
        const target = canvas.current;
        if (wanted && target !== null) {
          target.width = bitmap.width;
          target.height = bitmap.height;
          target.getContext("2d")?.drawImage(bitmap, 0, 0);
          setDrawn(file);
        }
        bitmap.close();
      },
      () => undefined, // The worker will say what is wrong with it.
    );
    return () => {
      wanted = false;
    };
  }, [file]);

  // Its name stands below it in words.
  return <canvas ref={canvas} className="preview" aria-hidden="true" hidden={drawn !== file} />;
}
