package org.mneme.checkpoint.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.mneme.checkpoint.AtomicFile;

/// The content of a small file.
final class Bytes implements AtomicFile.Body {
  private final byte[] content;

  Bytes(byte[] content) {
    this.content = content;
  }

  @Override
  public void write(FileChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(content);
    while (buffer.hasRemaining()) {
      int _ = channel.write(buffer);
    }
  }
}
