/** A DICOMweb archive of two patients: what a page may ask of one, answered as PS3.18 has it. */
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Series {
  readonly modality: string;
  readonly films: readonly Uint8Array[];
}

interface Study {
  readonly uid: string;
  readonly patient: string;
  readonly date: string;
  readonly series: readonly Series[];
}

export async function openTinyArchive(
  studies: readonly Study[],
): Promise<{ readonly url: string; readonly accepted: readonly string[]; close(): void }> {
  const accepted: string[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(`http://localhost${request.url}`);
    const [, , uid, , series, , instance] = pathname.slice(1).split("/");
    const study = studies.find((each) => each.uid === uid);
    if (uid === undefined) {
      const modality = searchParams.get("ModalitiesInStudy")!;
      const name = (searchParams.get("PatientName") ?? "**").slice(1, -1).toLowerCase();
      const found = studies.filter(
        ({ patient, series: all }) =>
          patient.toLowerCase().includes(name) && all.some((each) => each.modality === modality),
      );
      return json(response, found.map(studyJson));
    }
    if (!study) return response.writeHead(404).end();
    if (series === undefined) {
      return json(
        response,
        study.series.map(({ modality }, k) => ({
          "00080060": { vr: "CS", Value: [modality] },
          "0020000E": { vr: "UI", Value: [`${study.uid}.${k}`] },
          "00200011": { vr: "IS", Value: [k] },
        })),
      );
    }
    const { films } = study.series[Number(series.split(".").at(-1))]!;
    if (instance === undefined) {
      // An archive may list pictures in any order.
      const listed = films.map((_, k) => ({
        "00080018": { vr: "UI", Value: [`${series}.${k}`] },
        "00200013": { vr: "IS", Value: [k + 1] },
      }));
      return json(response, listed.toReversed());
    }
    accepted.push(request.headers.accept ?? "");
    return multipart(response, films[Number(instance.split(".").at(-1))]!);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/dicom-web`,
    accepted,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function studyJson({ uid, patient, date, series }: Study) {
  return {
    "00080020": { vr: "DA", Value: [date] },
    "00080061": { vr: "CS", Value: series.map(({ modality }) => modality) },
    "00100010": { vr: "PN", Value: [{ Alphabetic: patient }] },
    "0020000D": { vr: "UI", Value: [uid] },
    "00201208": { vr: "IS", Value: [series.flatMap(({ films }) => films).length] },
  };
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "Content-Type": "application/dicom+json" }).end(JSON.stringify(body));
}

function multipart(response: ServerResponse, film: Uint8Array): void {
  const edge = "tiny-archive-edge";
  response.writeHead(200, {
    "Content-Type": `multipart/related; type="application/dicom"; boundary=${edge}`,
  });
  response.write(`\r\n--${edge}\r\nContent-Type: application/dicom\r\n\r\n`);
  response.write(film);
  response.end(`\r\n--${edge}--\r\n`);
}
