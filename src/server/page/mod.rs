//! The live page: where assets are and what is found, as it happens.
//!
//! Its files hold nothing secret and are given to anybody; what they show is asked of `ask`, with the token that
//! whoever opens the page types in. `docs/decisions.md` says why it is done so.

use axum::{
    Router,
    http::{HeaderValue, header},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::get,
};

/// Nothing but what is here runs, is drawn, or is asked; no text becomes markup; no other page may show this one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The page and its parts; the colours are those of the report.
const PARTS: &[(&str, &str, &str)] = &[
    ("/", HTML, include_str!("page.html")),
    (
        "/page/page.css",
        CSS,
        concat!(include_str!("../../report/colors.css"), include_str!("page.css")),
    ),
    ("/page/page.js", SCRIPT, include_str!("page.js")),
    ("/page/api.js", SCRIPT, include_str!("api.js")),
    ("/page/parts.js", SCRIPT, include_str!("parts.js")),
    ("/page/overview.js", SCRIPT, include_str!("overview.js")),
    ("/page/asset.js", SCRIPT, include_str!("asset.js")),
    ("/page/delivery.js", SCRIPT, include_str!("delivery.js")),
    ("/page/icon.svg", "image/svg+xml", include_str!("icon.svg")),
];

/// `/`, and what it is made of.
pub fn routes() -> Router {
    let with = |router: Router, part: &'static (&str, &str, &str)| {
        let (path, kind, text) = part;
        router.route(
            path,
            get(move || async { ([(header::CONTENT_TYPE, *kind)], *text).into_response() }),
        )
    };
    PARTS.iter().fold(Router::new(), with).layer(map_response(guarded))
}

async fn guarded(mut response: Response) -> Response {
    let guards = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // Another version of the server may have another page.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    for (name, value) in guards {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
