package org.mneme;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/// What this build of Mneme is; goes into `--version`, run folders and model cards.
///
/// @param mneme its own version, such as `0.1.0`
/// @param commit the abbreviated commit that it was built from, `unknown` outside a git clone
/// @param libtorch the version of the libtorch binding it was built with, such as `2.10.0-1.5.13`
public record Version(String mneme, String commit, String libtorch) {
  private static final String RESOURCE = "build.properties";

  /// Reads what the build wrote down.
  public static Version current() {
    Properties properties = new Properties();
    try (InputStream in = Version.class.getResourceAsStream(RESOURCE)) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(RESOURCE + " cannot be read", e);
    }
    return new Version(
        known(properties, "version"), known(properties, "commit"), known(properties, "libtorch"));
  }

  /// A value that the build could not fill in still is the `${name}` of its template.
  private static String known(Properties properties, String key) {
    String value = properties.getProperty(key, "");
    return value.isBlank() || value.startsWith("${") ? "unknown" : value;
  }
}
