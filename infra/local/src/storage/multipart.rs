//! `multipart/related` bodies, the format of uploads by Google's client (RFC 2387).

/// A part of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    /// The content type in its own header.
    pub content_type: Option<&'a str>,
    pub content: &'a [u8],
}

/// The parts of `body`; an error describes what is malformed.
pub(super) fn parts<'a>(content_type: &str, body: &'a [u8]) -> Result<Vec<Part<'a>>, String> {
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
        parts.push(part(&rest[..end])?);
        rest = &rest[end + between.len()..];
    }
}

/// A part from its headers, which may be empty, and its content.
fn part(part: &[u8]) -> Result<Part<'_>, String> {
    if let Some(content) = part.strip_prefix(b"\r\n") {
        return Ok(Part { content_type: None, content });
    }
    let blank_line = find(part, b"\r\n\r\n").ok_or("the headers of a part have no end")?;
    let headers = std::str::from_utf8(&part[..blank_line]).unwrap_or_default();
    let content_type = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-type").then(|| value.trim())
    });
    Ok(Part { content_type, content: &part[blank_line + 4..] })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_taken_apart_byte_for_byte() {
        let body = b"--b\r\nContent-Type: a/b\r\n\r\n{}\r\n--b\r\n\r\nx\r\n\r\ny--b\r\n--b--\r\n";
        let parts = parts("multipart/related; boundary=b", body).expect("two parts");
        let contents: Vec<&[u8]> = parts.iter().map(|part| part.content).collect();
        assert_eq!(contents, [b"{}".as_slice(), b"x\r\n\r\ny--b"]);
        assert_eq!([parts[0].content_type, parts[1].content_type], [Some("a/b"), None]);
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
            let contents = parts.map(|parts| parts.iter().map(|part| part.content).collect::<Vec<_>>());
            proptest::prop_assert_eq!(contents, Ok(vec![first.as_slice(), second.as_slice()]));
        }
    }
}
