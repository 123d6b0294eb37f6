package org.mneme.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.mneme.checkpoint.SafetensorsFile.Entry;

/// What stands before the data of a safetensors file, checked against the file's length.
///
/// A file is eight bytes with the little-endian length of the header, the header (JSON), and the
/// data. The data must be covered by the tensors without a gap, an overlap or a rest.
///
/// @param entries the tensors, in the order of the header
/// @param dataStart the byte of the file at which the data begins
record SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata, long dataStart) {
  /// Bytes of the field that holds the header's length.
  static final int LENGTH_BYTES = 8;

  /// The longest header that any reader of the format takes.
  static final long MAX_HEADER_BYTES = 100_000_000;

  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Reads and checks the header of `file`; errors call it `name`.
  static SafetensorsHeader read(MemorySegment file, String name) {
    if (file.byteSize() < LENGTH_BYTES) {
      throw WeightsError.file(
          name,
          "has " + file.byteSize() + " bytes, fewer than the 8 that hold the header's length",
          WeightsError.FETCH_AGAIN);
    }
    long length = file.get(LENGTH, 0);
    long rest = file.byteSize() - LENGTH_BYTES;
    if (length < 2 || length > MAX_HEADER_BYTES || length > rest) {
      throw WeightsError.file(
          name,
          "announces a header of %s bytes where 2 to %d are possible"
              .formatted(Long.toUnsignedString(length), Math.min(rest, MAX_HEADER_BYTES)),
          "the file is cut off, damaged, or no safetensors file: copy, download or save it again");
    }
    String json = text(file.asSlice(LENGTH_BYTES, length), name);
    var header = new HeaderParser(name).parse(json, LENGTH_BYTES + length);
    requireCover(header.entries(), file.byteSize() - header.dataStart(), name);
    return header;
  }

  private static String text(MemorySegment bytes, String name) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.toArray(ValueLayout.JAVA_BYTE)))
          .toString();
    } catch (CharacterCodingException e) {
      throw WeightsError.file(name, "has a header that is not UTF-8", WeightsError.FETCH_AGAIN, e);
    }
  }

  /// Throws unless the tensors cover `dataBytes` exactly, each byte once.
  private static void requireCover(Map<String, Entry> entries, long dataBytes, String name) {
    List<Entry> byPlace =
        entries.values().stream()
            .sorted(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end))
            .toList();
    long covered = 0;
    for (Entry entry : byPlace) {
      if (entry.begin() != covered) {
        String fault = entry.begin() < covered ? "overlaps the tensor before it" : "leaves a hole";
        throw WeightsError.tensor(
            name,
            entry.name(),
            "%s: it begins at byte %d of the data, not at %d"
                .formatted(fault, entry.begin(), covered),
            WeightsError.FETCH_AGAIN);
      }
      if (entry.end() > dataBytes) {
        throw WeightsError.tensor(
            name,
            entry.name(),
            "ends at byte %d of the data, but the file holds only %d"
                .formatted(entry.end(), dataBytes),
            WeightsError.FETCH_AGAIN);
      }
      covered = entry.end();
    }
    if (covered != dataBytes) {
      throw WeightsError.file(
          name,
          "holds %d bytes of data, but its tensors cover only %d".formatted(dataBytes, covered),
          WeightsError.FETCH_AGAIN);
    }
  }
}
