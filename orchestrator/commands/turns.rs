//! Two sides that are measured by turns: what disturbs the machine for a while disturbs both, and
//! each begins every other round.

/// Has each side take part in so many rounds; `take_part` is told the number of the round, from 0.
pub(super) fn by_turns<S, E>(
    sides: &mut [S],
    rounds: usize,
    mut take_part: impl FnMut(&mut S, usize) -> Result<(), E>,
) -> Result<(), E> {
    for round in 0..rounds {
        if round % 2 == 0 {
            sides.iter_mut().try_for_each(|side| take_part(side, round))?;
        } else {
            sides.iter_mut().rev().try_for_each(|side| take_part(side, round))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_begins_every_other_round() {
        let mut order = Vec::new();
        let took = by_turns(&mut ['a', 'b'], 3, |side, round| {
            order.push((*side, round));
            if order.len() == 6 { Err("enough") } else { Ok(()) }
        });
        assert_eq!(order, [('a', 0), ('b', 0), ('b', 1), ('a', 1), ('a', 2), ('b', 2)]);
        assert_eq!(took, Err("enough"));
    }
}
