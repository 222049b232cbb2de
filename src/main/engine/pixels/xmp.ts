export interface Xmp {
  readonly title?: string; readonly description?: string; readonly creator?: string; readonly copyright?: string;
  readonly software?: string; readonly date?: string; readonly rating?: number;
  readonly keywords: readonly string[];
}

const MAX_CHARACTERS = 512 * 1024;

/**
 * The few properties of an XMP packet that are shown. Not an XML parser: properties are found by their usual prefixes,
 * which every known writer keeps, as attributes or elements; entities beyond XML's own five are never expanded.
 */
export function readXmp(block: Buffer): Xmp {
  const packet = block.subarray(0, MAX_CHARACTERS).toString('utf8');
  const first = (property: string): string | undefined => readProperty(packet, property)[0];
  const [title, description, creator, copyright, software] = [first('dc:title'), first('dc:description'), first('dc:creator'), first('dc:rights'), first('xmp:CreatorTool')];
  const date = first('exif:DateTimeOriginal') ?? first('photoshop:DateCreated') ?? first('xmp:CreateDate');
  const rating = Number.parseFloat(first('xmp:Rating') ?? '');
  return {
    keywords: readProperty(packet, 'dc:subject'),
    ...(title && { title }), ...(description && { description }), ...(creator && { creator }), ...(copyright && { copyright }),
    ...(software && { software }), ...(date && { date }), ...(Number.isFinite(rating) && { rating }),
  };
}

/** The values of a property: the attribute, the items of its list, or its text. */
function readProperty(packet: string, property: string): string[] {
  const attribute = valueBetween(packet, `${property}="`, '"') ?? valueBetween(packet, `${property}='`, "'");
  if (attribute !== null) return [unescapeXml(attribute)];
  const opening = packet.indexOf(`<${property}`);
  if (opening < 0 || !/[\s>]/.test(packet.charAt(opening + property.length + 1))) return [];
  const start = packet.indexOf('>', opening) + 1;
  const end = packet.indexOf(`</${property}>`, start);
  if (start === 0 || end < 0) return [];
  const content = packet.slice(start, end);
  if (!content.includes('<')) return [unescapeXml(content.trim())];
  return content.split('<rdf:li').slice(1, 1000).map((item) => {
    const text = item.slice(item.indexOf('>') + 1);
    return unescapeXml(text.slice(0, Math.max(0, text.indexOf('<'))).trim());
  }).filter((item) => item !== '');
}

function valueBetween(packet: string, before: string, after: string): string | null {
  const at = packet.indexOf(before);
  // A longer name that ends like this one is another property.
  if (at < 1 || !/\s/.test(packet.charAt(at - 1))) return null;
  const end = packet.indexOf(after, at + before.length);
  return end < 0 ? null : packet.slice(at + before.length, end);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi, (all, decimal?: string, hex?: string, entity?: string) => {
    if (entity) return ENTITIES[entity.toLowerCase()] ?? all;
    const code = decimal ? Number.parseInt(decimal, 10) : Number.parseInt(hex ?? '', 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}
