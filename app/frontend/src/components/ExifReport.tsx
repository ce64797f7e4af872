import type { ExifEntry } from "../api/types";

/** The tags most people look for, in this order; all others are folded away. */
const LABELS: ReadonlyMap<string, string> = new Map([
  ["Make", "Camera maker"],
  ["Model", "Camera"],
  ["LensModel", "Lens"],
  ["DateTimeOriginal", "Taken"],
  ["ExposureTime", "Exposure"],
  ["FNumber", "Aperture"],
  ["ISOSpeedRatings", "ISO"],
  ["PhotographicSensitivity", "ISO"],
  ["FocalLength", "Focal length"],
  ["FocalLengthIn35mmFilm", "Focal length (35 mm equivalent)"],
]);

/** EXIF writes 2026:11:23 10:20:30; a fraction of a second as 0.004 or 1/250. */
export function readable(tag: string, value: string): string {
  const number = Number(value);
  switch (tag) {
    case "DateTimeOriginal":
      return value.replace(/^(\d{4}):(\d\d):(\d\d)/, "$1-$2-$3");
    case "ExposureTime":
      if (value.includes("/")) return `${value} s`;
      return number > 0 && number < 0.5 ? `1/${Math.round(1 / number)} s` : `${value} s`;
    case "FNumber":
      return `ƒ/${Number.isFinite(number) ? Number(number.toFixed(1)) : value}`;
    case "FocalLength":
    case "FocalLengthIn35mmFilm":
      return `${Number.isFinite(number) ? Number(number.toFixed(1)) : value} mm`;
    default:
      return value;
  }
}

function spaced(tag: string): string {
  return tag.replace(/([a-z\d])([A-Z])/g, "$1 $2").replaceAll("_", " ");
}

function Entries({ entries }: { readonly entries: readonly ExifEntry[] }) {
  return (
    <dl className="exif">
      {entries.map(({ tag, value }, index) => (
        <div key={`${tag}-${index}`}>
          <dt>{LABELS.get(tag) ?? spaced(tag)}</dt>
          <dd>{readable(tag, value)}</dd>
        </div>
      ))}
    </dl>
  );
}

export function ExifReport({ entries }: { readonly entries: readonly ExifEntry[] }) {
  const order = [...LABELS.keys()];
  const known = entries.filter(({ tag }) => LABELS.has(tag)).sort((a, b) => order.indexOf(a.tag) - order.indexOf(b.tag));
  const others = entries.filter(({ tag }) => !LABELS.has(tag));
  if (entries.length === 0) return <p className="quiet">The file carries no EXIF data.</p>;
  return (
    <>
      {known.length > 0 && <Entries entries={known} />}
      {others.length > 0 && (
        <details className="exif-others" open={known.length === 0}>
          <summary>{known.length === 0 ? "All tags" : `${others.length} more`}</summary>
          <Entries entries={others} />
        </details>
      )}
    </>
  );
}
