//! Addresses that begin alike: `10.0.0.0/8`.

use std::{fmt, net::IpAddr, str::FromStr};

/// The addresses that have their first bits in common.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::server) struct Network {
    first: IpAddr,
    bits: u32,
}

impl Network {
    pub(in crate::server) fn has(&self, address: IpAddr) -> bool {
        let masked = match (self.first, address.to_canonical()) {
            (IpAddr::V4(_), IpAddr::V4(address)) => masked(address.into(), self.bits),
            (IpAddr::V6(_), IpAddr::V6(address)) => masked(address.into(), self.bits),
            _ => return false,
        };
        masked == self.first
    }
}

/// The address with all but its first bits 0.
fn masked(address: IpAddr, bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let kept = u32::MAX.checked_shl(u32::BITS - bits).unwrap_or(0);
            IpAddr::V4((address.to_bits() & kept).into())
        }
        IpAddr::V6(address) => {
            let kept = u128::MAX.checked_shl(u128::BITS - bits).unwrap_or(0);
            IpAddr::V6((address.to_bits() & kept).into())
        }
    }
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().map_err(|_| ())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let most = if address.is_ipv4() { u32::BITS } else { u128::BITS };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(());
        }
        Ok(Self { first: masked(address, bits), bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = if self.first.is_ipv4() { u32::BITS } else { u128::BITS };
        write!(f, "{}", self.first)?;
        if self.bits < most { write!(f, "/{}", self.bits) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn networks_have_what_begins_as_they_do() {
        for (network, shown, within, without) in [
            (
                "10.0.0.0/8",
                "10.0.0.0/8",
                &["10.1.2.3", "::ffff:10.1.2.3"][..],
                &["11.0.0.0", "::a"][..],
            ),
            ("10.9.9.9/8", "10.0.0.0/8", &["10.1.2.3"], &["11.0.0.0"]),
            ("127.0.0.1", "127.0.0.1", &["127.0.0.1"], &["127.0.0.2", "::1"]),
            ("0.0.0.0/0", "0.0.0.0/0", &["1.2.3.4"], &["::1"]),
            ("2001:db8::/32", "2001:db8::/32", &["2001:db8:ffff::1"], &["2001:db9::1"]),
            ("::/0", "::/0", &["2001:db8::1"], &["1.2.3.4"]),
        ] {
            let read: Network = network.parse().unwrap_or_else(|()| panic!("{network}"));
            assert_eq!(read.to_string(), shown);
            assert!(within.iter().all(|address| read.has(address.parse().unwrap())), "{network}");
            assert!(!without.iter().any(|address| read.has(address.parse().unwrap())), "{network}");
        }
        for wrong in
            ["", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/", "10/8", "proxy", "::1/x"]
        {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
