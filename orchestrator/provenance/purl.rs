//! Package URLs: <https://github.com/package-url/purl-spec>.

use std::fmt::Write as _;

/// `pkg:KIND/NAME@VERSION?QUALIFIERS`; a `/` in the name ends a part of its namespace.
pub(super) fn purl(kind: &str, name: &str, version: &str, qualifiers: &[(&str, &str)]) -> String {
    let name: Vec<String> = name.split('/').map(encoded).collect();
    let mut purl = format!("pkg:{kind}/{}@{}", name.join("/"), encoded(version));
    for (index, (key, value)) in qualifiers.iter().enumerate() {
        let separator = if index == 0 { '?' } else { '&' };
        let _ = write!(purl, "{separator}{key}={}", encoded(value));
    }
    purl
}

/// Percent-encoded, but for what the specification lets stand.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_~:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::purl;

    #[test]
    fn as_the_specification_has_them() {
        assert_eq!(
            purl("npm", "@angular/animation", "12.3.1", &[]),
            "pkg:npm/%40angular/animation@12.3.1"
        );
        assert_eq!(purl("cargo", "a", "1.0.0+b", &[]), "pkg:cargo/a@1.0.0%2Bb");
        assert_eq!(
            purl("cargo", "a", "1.0.0", &[("repository_url", "https://e.org/i")]),
            "pkg:cargo/a@1.0.0?repository_url=https:%2F%2Fe.org%2Fi"
        );
        assert_eq!(
            purl("golang", "example.org/a/b", "v1.2.0", &[]),
            "pkg:golang/example.org/a/b@v1.2.0"
        );
    }
}
