//! scratch
use proptest::{prelude::*, strategy::ValueTree};
use super::{generate::*, naive::*};
use mediafold::*;
#[test]
fn accepted() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut states=0; let mut retries=0; let mut kinds = 0;
    let s = random(None,true);
    for _ in 0..500 { let t = s.new_tree(&mut runner).unwrap().current(); states+=t.lifecycle.states().len(); kinds+=t.lifecycle.kinds().count(); retries+=usize::from(t.lifecycle.retries().is_some()); 
    if states % 29 == 0 { println!("{t:?}"); } }
    println!("{states} {retries} {kinds}");
    runner.config();
}
proptest! {
    #[test]
    fn agree(m in machines_without_status(), raws in raws()) {
        let _ = (m, raws);
        let _ = |n: Naive<'_>, t: Told| { let _ = (t.state, t.used, &t.flags, &t.history, &t.codes); n.tell(&[], Policy::Keep); Order::Time };
    }
}
