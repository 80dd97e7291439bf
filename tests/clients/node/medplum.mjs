// Drives a running server with @medplum/core: create, read, search, paging iterator, upsert, batch.
import assert from "node:assert/strict";

// The library names WebSocket when it is loaded; Node has it from version 22 on. It is not used here.
globalThis.WebSocket ??= class {};
const { MedplumClient } = await import("@medplum/core");

const base = new URL(process.env.CW_BASE);
const medplum = new MedplumClient({
  baseUrl: `${base.origin}/`,
  fhirUrlPath: `${base.pathname.replace(/^\//, "").replace(/\/$/, "")}/`,
  fetch,
  accessToken: process.env.CW_TOKEN,
  cacheTime: 0,
  autoBatchTime: 0,
});

const system = "https://example.org/medplum";
const patient = await medplum.createResource({
  resourceType: "Patient",
  identifier: [{ system, value: process.env.CW_UNIQUE }],
  name: [{ family: "Medplum", given: ["Grace"] }],
});
assert.ok(patient.id);
const read = await medplum.readResource("Patient", patient.id);
assert.equal(read.name[0].family, "Medplum");

const again = await medplum.createResourceIfNoneExist(
  { resourceType: "Patient", identifier: [{ system, value: process.env.CW_UNIQUE }] },
  `identifier=${system}|${process.env.CW_UNIQUE}`,
);
assert.equal(again.id, patient.id);

const updated = await medplum.updateResource({ ...read, active: true });
assert.equal(updated.meta.versionId, "2");
const patched = await medplum.patchResource("Patient", patient.id, [{ op: "add", path: "/gender", value: "female" }]);
assert.equal(patched.gender, "female");

const answer = await medplum.executeBatch({
  resourceType: "Bundle",
  type: "transaction",
  entry: Array.from({ length: 5 }, (_, i) => ({
    resource: {
      resourceType: "Observation", status: "final", code: { text: "medplum", coding: [{ system, code: "m" }] },
      subject: { reference: `Patient/${patient.id}` }, effectiveDateTime: `2024-02-0${i + 1}`,
    },
    request: { method: "POST", url: "Observation" },
  })),
});
assert.equal(answer.entry.length, 5);

let n = 0;
for await (const page of medplum.searchResourcePages("Observation", `patient=Patient/${patient.id}&_count=2`)) {
  n += page.length;
}
assert.equal(n, 5);
const one = await medplum.searchOne("Patient", `identifier=${system}|${process.env.CW_UNIQUE}`);
assert.equal(one.id, patient.id);
const history = await medplum.readHistory("Patient", patient.id);
assert.equal(history.entry.length, 3);
await medplum.deleteResource("Patient", patient.id);
await assert.rejects(medplum.readResource("Patient", patient.id, { cache: "reload" }));
console.log(JSON.stringify({ client: "@medplum/core", observations: n }));
