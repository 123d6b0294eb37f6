package org.mneme.data.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipException;
import org.junit.jupiter.api.Test;

class GzipStreamTest {
  private static final List<Integer> SIZES = List.of(1, 7, 8, 10, 18, 26, 27, 30, 100_000);

  /// Gives a byte at a time and never says that there is more, as a slow connection.
  private static final class Slow extends InputStream {
    private final InputStream bytes;

    private Slow(byte[] bytes) {
      this.bytes = new ByteArrayInputStream(bytes);
    }

    @Override
    public int read() throws IOException {
      return bytes.read();
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      return bytes.read(to, offset, Math.min(1, length));
    }
  }

  private static byte[] noise(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private static byte[] gzip(byte[] content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  private static byte[] joined(byte[]... parts) {
    var bytes = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      bytes.writeBytes(part);
    }
    return bytes.toByteArray();
  }

  private static byte[] whole(byte[] file) throws IOException {
    try (var in = new GzipStream(new BufferedInputStream(new ByteArrayInputStream(file)))) {
      return in.readAllBytes();
    }
  }

  /// The same, a byte at a time on both sides.
  private static byte[] byBytes(byte[] file) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var in = new GzipStream(new BufferedInputStream(new Slow(file), 1))) {
      for (int next = in.read(); next >= 0; next = in.read()) {
        bytes.write(next);
      }
      assertEquals(-1, in.read());
      assertEquals(0, in.available());
    }
    return bytes.toByteArray();
  }

  private static void assertFails(Class<? extends IOException> type, byte[] file) {
    assertEquals(type, assertThrows(IOException.class, () -> whole(file)).getClass());
    assertEquals(type, assertThrows(IOException.class, () -> byBytes(file)).getClass());
  }

  @Test
  void membersFollowEachOtherAndZerosPadTheLast() throws IOException {
    for (int size : new int[] {0, 1, 10, 30, 100_000, 300_000}) {
      byte[] one = noise(size);
      byte[] other = "text ".repeat(size).getBytes(StandardCharsets.UTF_8);
      byte[] both = joined(one, other, one);
      byte[] file = joined(gzip(one), gzip(other), gzip(one));
      for (int padding : new int[] {0, 1, 9, 30, 100_000}) {
        byte[] padded = Arrays.copyOf(file, file.length + padding);
        assertArrayEquals(both, whole(padded));
        assertArrayEquals(both, byBytes(padded));
      }
    }
  }

  @Test
  void bytesBehindTheLastMemberAreAnErrorHoweverMany() throws IOException {
    byte[] member = gzip(noise(5000));
    for (int size : SIZES) {
      byte[] rest = noise(size);
      rest[0] = '{';
      assertFails(IOException.class, joined(member, rest));
      assertFails(IOException.class, joined(member, member, rest));
      assertFails(IOException.class, joined(member, new byte[3], rest));
      assertFails(IOException.class, joined(member, new byte[100_000], rest));
      rest[0] = 0x1F;
      assertFails(IOException.class, joined(member, rest));
    }
    assertFails(IOException.class, joined(member, new byte[3], member));
  }

  @Test
  void whatComesBeforeTheRestIsReadFirst() throws IOException {
    byte[] content = noise(5000);
    byte[] file = joined(gzip(content), noise(30));
    try (var in = new GzipStream(new BufferedInputStream(new ByteArrayInputStream(file)))) {
      assertArrayEquals(content, in.readNBytes(5000));
      String problem = String.valueOf(assertThrows(IOException.class, in::read).getMessage());
      assertTrue(problem.startsWith("behind its gzip data are bytes that are none"), problem);
    }
  }

  @Test
  void aMemberThatIsCutShortIsAnErrorWhereverItIsCut() throws IOException {
    byte[] first = gzip(noise(100));
    byte[] second = gzip(noise(50));
    for (int left = 1; left < second.length; left++) {
      byte[] cut = Arrays.copyOf(second, left);
      assertFails(EOFException.class, cut);
      byte[] both = joined(first, cut);
      assertThrows(IOException.class, () -> whole(both));
      assertThrows(IOException.class, () -> byBytes(both));
    }
  }

  @Test
  void aDamagedEndOrHeaderIsAnError() throws IOException {
    byte[] member = gzip(noise(100));
    for (int at : new int[] {2, member.length - 8, member.length - 1}) {
      byte[] damaged = member.clone();
      damaged[at] ^= (byte) 0x81;
      assertFails(ZipException.class, damaged);
      byte[] both = joined(member, damaged);
      assertThrows(IOException.class, () -> whole(both));
      assertThrows(IOException.class, () -> byBytes(both));
    }
  }
}
