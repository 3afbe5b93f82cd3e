//! `multipart/related` bodies, as Google's client uploads objects (RFC 2387).

/// The content of each part of `body`, without its headers; an error says what is wrong with it.
pub(super) fn parts<'a>(content_type: &str, body: &'a [u8]) -> Result<Vec<&'a [u8]>, String> {
    let boundary = content_type
        .split(';')
        .filter_map(|parameter| parameter.trim().strip_prefix("boundary="))
        .map(|boundary| boundary.trim_matches('"'))
        .find(|boundary| !boundary.is_empty())
        .ok_or_else(|| format!("the content type {content_type:?} has no boundary"))?;
    let opening = format!("--{boundary}");
    let between = format!("\r\n{opening}");
    let mut rest =
        body.strip_prefix(opening.as_bytes()).ok_or("the body does not begin with its boundary")?;
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        rest = rest.strip_prefix(b"\r\n").ok_or("a boundary is not followed by a line end")?;
        let end = find(rest, between.as_bytes()).ok_or("the last part has no closing boundary")?;
        parts.push(content(&rest[..end])?);
        rest = &rest[end + between.len()..];
    }
}

/// What follows the headers of a part, which may be none.
fn content(part: &[u8]) -> Result<&[u8], String> {
    if let Some(content) = part.strip_prefix(b"\r\n") {
        return Ok(content);
    }
    let blank_line = find(part, b"\r\n\r\n").ok_or("the headers of a part have no end")?;
    Ok(&part[blank_line + 4..])
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_taken_apart_byte_for_byte() {
        let body = b"--b\r\nContent-Type: a/b\r\n\r\n{}\r\n--b\r\n\r\nx\r\n\r\ny--b\r\n--b--\r\n";
        let parts = parts("multipart/related; boundary=b", body).expect("two parts");
        assert_eq!(parts, [b"{}".as_slice(), b"x\r\n\r\ny--b"]);
    }

    #[test]
    fn a_broken_body_is_refused_with_the_reason() {
        for (kind, body) in [
            ("multipart/related", "--b--"),
            ("multipart/related; boundary=", "----"),
            ("multipart/related; boundary=b", ""),
            ("multipart/related; boundary=b", "--c\r\n"),
            ("multipart/related; boundary=b", "--b\r\n\r\nno end"),
            ("multipart/related; boundary=b", "--b\r\nheader: only\r\n--b--"),
        ] {
            assert!(parts(kind, body.as_bytes()).is_err(), "{kind} {body:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_body_is_taken_apart_or_refused(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let kind = "multipart/related; boundary=b";
            let _ = parts(kind, &body);
            let _ = parts(kind, &[b"--b\r\n".as_slice(), &body].concat());
        }

        #[test]
        fn any_content_without_the_boundary_comes_out_as_it_went_in(
            first in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
            second in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
        ) {
            let between = b"\r\n--a boundary".as_slice();
            let framed = [&between[2..], b"\r\n\r\n", &first, between, b"\r\n\r\n", &second, between, b"--"].concat();
            let parts = parts("multipart/related; boundary=\"a boundary\"", &framed);
            proptest::prop_assert_eq!(parts, Ok(vec![first.as_slice(), second.as_slice()]));
        }
    }
}
