package org.mneme.data.source;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.util.zip.GZIPInputStream;

/// What the members of a gzip file hold, one after the other.
///
/// The JDK's own stream ends without a word before bytes that are no further member: whoever hangs
/// plain text on a gzip file would lose it. Here they are an error, but for zeros: padding, as gzip
/// has it.
final class GzipStream extends GZIPInputStream {
  private static final int TRAILER = 8;

  private final Source source;
  private long given;

  GzipStream(BufferedInputStream in) throws IOException {
    this(new Source(in));
  }

  private GzipStream(Source source) throws IOException {
    super(source, 1 << 16);
    this.source = source;
  }

  @Override
  protected void fill() throws IOException {
    super.fill();
    given = source.count;
  }

  @Override
  public int read(byte[] to, int offset, int length) throws IOException {
    int count = super.read(to, offset, length);
    if (count < 0) {
      requireNoRest();
    }
    return count;
  }

  /// The inflater keeps what it was given beyond its data; then come checksum and length.
  private void requireNoRest() throws IOException {
    byte[] rest = new byte[1 << 13];
    while (source.read(rest, 0, rest.length) >= 0) {
      // counted by the source
    }
    if (source.last >= given - inf.getRemaining() + TRAILER) {
      throw new IOException(
          "behind its gzip data are bytes that are none; compress them, too, or cut them off");
    }
  }

  /// The bytes of the file.
  private static final class Source extends FilterInputStream {
    /// How many were read.
    private long count;

    /// Where the last of them stands that is not zero, from 0.
    private long last = -1;

    Source(BufferedInputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      int read = super.read(to, offset, length);
      int from = read;
      while (from > 0 && to[offset + from - 1] == 0) {
        from--;
      }
      last = from > 0 ? count + from - 1 : last;
      count += Math.max(0, read);
      return read;
    }

    /// Above 0 until the end, as the JDK looks for another member only then: a pipe may be slow.
    @Override
    public int available() throws IOException {
      int there = super.available();
      if (there > 0) {
        return there;
      }
      in.mark(1);
      int next = in.read();
      in.reset();
      return next < 0 ? 0 : 1;
    }
  }
}
