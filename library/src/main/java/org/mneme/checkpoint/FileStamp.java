package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/// Length and CRC-32C of a file: enough to tell a damaged file from a whole one.
///
/// A cryptographic hash would cost eight times as much (1.4 against 11 GB/s), at every save and
/// every start, and guards against forgery, which nobody claims here.
///
/// @param crc32c eight hexadecimal digits
record FileStamp(long bytes, String crc32c) {
  private static final int CHUNK = 1 << 20;

  /// Reads all of `file`.
  static FileStamp of(Path file) throws IOException {
    CRC32C sum = new CRC32C();
    ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK);
    long bytes = 0;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      while (channel.read(buffer) >= 0) {
        bytes += buffer.position();
        sum.update(buffer.flip());
        buffer.clear();
      }
    }
    return new FileStamp(bytes, hex(sum));
  }

  /// The CRC-32C of `bytes`.
  static String crc32c(byte[] bytes) {
    CRC32C sum = new CRC32C();
    sum.update(bytes);
    return hex(sum);
  }

  private static String hex(CRC32C sum) {
    return HexFormat.of().toHexDigits((int) sum.getValue());
  }

  /// Throws where `file` is not the one that was stamped.
  void requireSame(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw WeightsError.file(file, "is missing", CheckpointJson.TAKE_ANOTHER);
      }
      long found = Files.size(file);
      if (found != bytes) {
        throw WeightsError.file(
            file, "has " + found + " bytes, not " + bytes, CheckpointJson.TAKE_ANOTHER);
      }
      FileStamp stamp = of(file);
      if (!stamp.equals(this)) {
        throw WeightsError.file(
            file,
            "is damaged: its CRC-32C is " + stamp.crc32c + ", not " + crc32c,
            CheckpointJson.TAKE_ANOTHER);
      }
    } catch (IOException e) {
      throw WeightsError.file(file, "cannot be read (" + e + ")", CheckpointJson.TAKE_ANOTHER, e);
    }
  }
}
