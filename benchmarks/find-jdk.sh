# To be sourced: sets java_home to a JDK 25 or later, or ends the script.
java_home=
for candidate in "${MNEME_JAVA_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/*jdk* \
  "${HOME:-}"/.sdkman/candidates/java/* "${HOME:-}"/.jdks/* \
  /Library/Java/JavaVirtualMachines/*/Contents/Home; do
  if [ -n "$candidate" ] && grep -q '^JAVA_VERSION="2[5-9]' "$candidate/release" 2>/dev/null; then
    java_home=$candidate
    break
  fi
done
if [ -z "$java_home" ]; then
  echo "no JDK 25 was found; set MNEME_JAVA_HOME to its folder" >&2
  exit 7
fi
