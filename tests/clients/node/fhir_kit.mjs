// Drives a running server with fhir-kit-client: create, read, vread, search, page, patch, history,
// transaction, batch, operation, delete. Prints one JSON line; exits 1 on the first broken law.
import assert from "node:assert/strict";
import { Client } from "fhir-kit-client";

const client = new Client({ baseUrl: process.env.CW_BASE, bearerToken: process.env.CW_TOKEN });
const coding = { system: "https://example.org/codes", code: "fhir-kit" };

const statement = await client.capabilityStatement();
assert.equal(statement.resourceType, "CapabilityStatement");
assert.equal(statement.fhirVersion, "4.0.1");

const patient = await client.create({
  resourceType: "Patient",
  body: { resourceType: "Patient", name: [{ family: "Fhirkit", given: ["Ada"] }], birthDate: "1950-02-03" },
});
assert.ok(patient.id);
const read = await client.read({ resourceType: "Patient", id: patient.id });
assert.equal(read.name[0].family, "Fhirkit");
const first = await client.vread({ resourceType: "Patient", id: patient.id, version: "1" });
assert.equal(first.meta.versionId, "1");

const updated = await client.update({ resourceType: "Patient", id: patient.id, body: { ...read, active: true } });
assert.equal(updated.meta.versionId, "2");
const patched = await client.patch({
  resourceType: "Patient",
  id: patient.id,
  jsonPatch: [{ op: "replace", path: "/active", value: false }],
});
assert.equal(patched.active, false);
const history = await client.history({ resourceType: "Patient", id: patient.id });
assert.equal(history.entry.length, 3);

const subject = { reference: `Patient/${patient.id}` };
const entry = Array.from({ length: 7 }, (_, i) => ({
  resource: {
    resourceType: "Observation", status: "final", code: { coding: [coding] }, subject,
    effectiveDateTime: `2024-01-0${i + 1}`, valueQuantity: { value: i, unit: "1", system: "http://unitsofmeasure.org", code: "1" },
  },
  request: { method: "POST", url: "Observation" },
}));
const done = await client.transaction({ body: { resourceType: "Bundle", type: "transaction", entry } });
assert.equal(done.type, "transaction-response");
assert.ok(done.entry.every((one) => one.response.status.startsWith("201")));

let page = await client.resourceSearch({
  resourceType: "Observation",
  searchParams: { patient: patient.id, code: `${coding.system}|${coding.code}`, _count: 3, _sort: "-date" },
});
const seen = [];
while (page) {
  seen.push(...page.entry.map((one) => one.resource.effectiveDateTime));
  page = await client.nextPage({ bundle: page });
}
assert.deepEqual(seen, [7, 6, 5, 4, 3, 2, 1].map((d) => `2024-01-0${d}`));

const batch = await client.batch({
  body: {
    resourceType: "Bundle", type: "batch",
    entry: [
      { request: { method: "GET", url: `Patient/${patient.id}` } },
      { request: { method: "GET", url: "Patient/no-such-id" } },
    ],
  },
});
assert.ok(batch.entry[0].response.status.startsWith("200"));
assert.ok(batch.entry[1].response.status.startsWith("404"));

const everything = await client.operation({ name: "$everything", resourceType: "Patient", id: patient.id, method: "get" });
assert.equal(everything.entry.length, 8);
await client.delete({ resourceType: "Observation", id: done.entry[0].response.location.split("/")[1] ?? "" }).catch(() => {});
await client.delete({ resourceType: "Patient", id: patient.id });
await assert.rejects(client.read({ resourceType: "Patient", id: patient.id }));
console.log(JSON.stringify({ client: "fhir-kit-client", observations: seen.length }));
