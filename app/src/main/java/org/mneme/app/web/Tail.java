package org.mneme.app.web;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// What a growing file of lines has beyond a place.
///
/// @param restart whether the file became shorter, as when its run was taken up at a checkpoint:
///   the lines are its first again
/// @param next the place behind these lines, in bytes
/// @param size of the file, in bytes
/// @param lines whole ones, each with its end
record Tail(boolean restart, long next, long size, String lines) {
  /// The most that is read at a time, in bytes.
  static final int MOST = 4 << 20;

  private static final byte END = '\n';

  /// The whole lines of `file` from byte `from` on, [#MOST] bytes of them; nothing where there is
  /// no file.
  static Tail of(Path file, long from) throws IOException {
    if (!Files.isRegularFile(file)) {
      return new Tail(from > 0, 0, 0, "");
    }
    try (var bytes = new RandomAccessFile(file.toFile(), "r")) {
      long size = bytes.length();
      boolean restart = from > size || !isStart(bytes, from);
      long start = restart ? 0 : from;
      byte[] read = new byte[(int) Math.min(MOST, size - start)];
      bytes.seek(start);
      bytes.readFully(read);
      int end = read.length;
      while (end > 0 && read[end - 1] != END) {
        end--;
      }
      return new Tail(restart, start + end, size, new String(read, 0, end, StandardCharsets.UTF_8));
    }
  }

  /// Whether a line starts there.
  private static boolean isStart(RandomAccessFile bytes, long at) throws IOException {
    if (at == 0) {
      return true;
    }
    bytes.seek(at - 1);
    return bytes.read() == END;
  }
}
