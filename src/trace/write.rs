//! Writes a trace.

use super::entry::TraceEntry;
use super::header::TraceHeader;
use crate::json::write_object;
use crate::scenario::Scenario;
use crate::verdict::ReplayClient;

/// Writes a trace: the header, the scenario, what was recorded, and what was found about each client.
pub fn write_trace<'a>(
    header: &TraceHeader,
    scenario: &Scenario,
    entries: impl IntoIterator<Item = TraceEntry<'a>>,
    clients: &[ReplayClient],
) -> Vec<u8> {
    let mut lines = Vec::new();
    // Writing to memory cannot fail.
    let _ = scenario.write(&mut lines);
    let count = lines.iter().filter(|byte| **byte == b'\n').count();
    let mut out = Vec::new();
    write_object(&mut out, |o| header.write(count, o));
    out.push(b'\n');
    out.append(&mut lines);
    for entry in entries {
        write_object(&mut out, |o| entry.write(o));
        out.push(b'\n');
    }
    write_object(&mut out, |o| {
        o.text("kind", "verdict");
        o.array("clients", clients, |out, client| {
            // Reports are made of numbers and texts, which can always be written.
            let _ = serde_json::to_writer(out, client);
        });
    });
    out.push(b'\n');
    out
}
