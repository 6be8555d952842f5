/**
 * Radiographs of a DICOMweb archive (DICOM PS3.18: QIDO-RS to search, WADO-RS to fetch), under an address of the page's own
 * origin. What an archive says of a patient is for the list on screen alone: a film that is opened is named by its pixels.
 */
import { api } from "dicomweb-client";
import { LabError } from "../errors/labError.ts";

/** What to look for; an empty field asks for everything. */
export interface ArchiveQuery {
  /** Part of the patient's name, as it is written in the archive. */
  readonly name: string;
  readonly patientId: string;
  /** YYYY-MM-DD. */
  readonly from: string;
  readonly to: string;
}

export interface ArchiveStudy {
  readonly uid: string;
  readonly patient: string;
  readonly patientId: string;
  /** YYYY-MM-DD where the archive knows it, or "". */
  readonly date: string;
  readonly description: string;
  readonly modalities: readonly string[];
  /** Pictures in the whole study, where the archive says it. */
  readonly pictures: number | undefined;
}

export interface Archive {
  /** Studies with projection radiographs, newest first, at most `LIMITS.studies`. @throws LabError "not-found" */
  search(query: ArchiveQuery): Promise<readonly ArchiveStudy[]>;
  /**
   * The radiographs of a study as files, in the order of series and picture, as the archive keeps them (no transcoding).
   * @throws LabError "not-found" where the archive does not answer as it should; "file-no-image" where it holds none
   */
  films(study: ArchiveStudy, onFilm?: (done: number, of: number) => void): Promise<readonly File[]>;
}

export const LIMITS = { studies: 50, films: 24 } as const;

/** Computed and digital radiography; other series of a study are left where they are. */
const RADIOGRAPHS = ["CR", "DX"] as const;

/** A DICOM JSON object (PS3.18 annex F): attributes by tag. */
type Attributes = Readonly<Record<string, { readonly Value?: readonly unknown[] } | undefined>>;

/** What is used of the client; its own types say other things than it does. */
interface Client {
  searchForStudies(options: {
    readonly queryParams: Readonly<Record<string, string>>;
  }): Promise<readonly Attributes[]>;
  searchForSeries(options: { readonly studyInstanceUID: string }): Promise<readonly Attributes[]>;
  searchForInstances(options: {
    readonly studyInstanceUID: string;
    readonly seriesInstanceUID: string;
  }): Promise<readonly Attributes[]>;
  retrieveInstance(
    options: Instance & { readonly request: { readonly instance: XMLHttpRequest } },
  ): Promise<ArrayBuffer>;
}

const TAG = {
  studyDate: "00080020",
  modality: "00080060",
  modalities: "00080061",
  description: "00081030",
  sop: "00080018",
  patient: "00100010",
  patientId: "00100020",
  study: "0020000D",
  series: "0020000E",
  seriesNumber: "00200011",
  instanceNumber: "00200013",
  pictures: "00201208",
} as const;

/** @param url of the archive, without a slash at its end */
export function openArchive(url: string): Archive {
  const client = new api.DICOMwebClient({
    url,
    singlepart: false,
    verbose: false,
  }) as unknown as Client;
  return {
    async search(query) {
      const found = await Promise.all(
        RADIOGRAPHS.map((modality) =>
          told(client.searchForStudies({ queryParams: paramsOf(query, modality) })),
        ),
      );
      const studies = found.flat().map(studyOf);
      const once = new Map(studies.map((study) => [study.uid, study]));
      once.delete("");
      return [...once.values()]
        .sort((a, b) => b.date.localeCompare(a.date) || a.patient.localeCompare(b.patient))
        .slice(0, LIMITS.studies);
    },
    async films(study, onFilm) {
      const instances = await radiographsOf(client, study.uid);
      const files: File[] = [];
      for (const [k, instance] of instances.entries()) {
        onFilm?.(k, instances.length);
        const bytes = await told(
          client.retrieveInstance({ ...instance, request: { instance: new AsStored() } }),
        );
        const name = [study.date || "undated", instance.modality, k + 1].join(" ");
        files.push(new File([bytes], name));
      }
      return files;
    },
  };
}

/**
 * Asks for files as the archive keeps them; otherwise it decompresses each. The client builds the header "Accept" itself and
 * refuses to be told a transfer syntax of DICOM files (version 0.11.3), so the wish is added where the header is set.
 */
class AsStored extends XMLHttpRequest {
  override setRequestHeader(name: string, value: string): void {
    super.setRequestHeader(name, name === "Accept" ? `${value}; transfer-syntax=*` : value);
  }
}

interface Instance {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
  readonly modality: string;
}

async function radiographsOf(
  client: Client,
  studyInstanceUID: string,
): Promise<readonly Instance[]> {
  const series = await told(client.searchForSeries({ studyInstanceUID }));
  const wanted = series
    .map((each) => ({
      seriesInstanceUID: textOf(each, TAG.series),
      modality: textOf(each, TAG.modality),
      number: numberOf(each, TAG.seriesNumber) ?? 0,
    }))
    .filter(({ modality }) => RADIOGRAPHS.some((each) => each === modality))
    .sort((a, b) => a.number - b.number);
  const instances: Instance[] = [];
  for (const { seriesInstanceUID, modality } of wanted) {
    const found = await told(client.searchForInstances({ studyInstanceUID, seriesInstanceUID }));
    const order = (each: Attributes) => numberOf(each, TAG.instanceNumber) ?? 0;
    for (const each of found.toSorted((a, b) => order(a) - order(b))) {
      const sopInstanceUID = textOf(each, TAG.sop);
      instances.push({ studyInstanceUID, seriesInstanceUID, sopInstanceUID, modality });
    }
  }
  if (instances.length === 0) {
    throw new LabError("file-no-image", "This study holds no radiograph (CR or DX).");
  }
  if (instances.length > LIMITS.films) {
    throw new LabError(
      "file-too-large",
      `This study holds ${instances.length} radiographs; this page opens up to ${LIMITS.films} together.`,
    );
  }
  return instances;
}

function paramsOf(query: ArchiveQuery, modality: string): Record<string, string> {
  const [from, to] = [query.from, query.to].map((day) => day.replaceAll("-", ""));
  return {
    ModalitiesInStudy: modality,
    limit: String(LIMITS.studies),
    includefield: "StudyDescription,ModalitiesInStudy,NumberOfStudyRelatedInstances",
    ...(query.name.trim() && { PatientName: `*${query.name.trim()}*` }),
    ...(query.patientId.trim() && { PatientID: query.patientId.trim() }),
    ...((from || to) && { StudyDate: `${from}-${to}` }),
  };
}

function studyOf(found: Attributes): ArchiveStudy {
  const day = textOf(found, TAG.studyDate);
  return {
    uid: textOf(found, TAG.study),
    patient: nameOf(found),
    patientId: textOf(found, TAG.patientId),
    date: /^\d{8}$/.test(day) ? `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}` : "",
    description: textOf(found, TAG.description),
    modalities: (found[TAG.modalities]?.Value ?? []).filter((each) => typeof each === "string"),
    pictures: numberOf(found, TAG.pictures),
  };
}

/** "Family^Given" as people write it. */
function nameOf(found: Attributes): string {
  const value = found[TAG.patient]?.Value?.[0] as { Alphabetic?: unknown } | undefined;
  const name = typeof value?.Alphabetic === "string" ? value.Alphabetic : "";
  const [family = "", ...given] = name.split("^");
  return [family, given.filter(Boolean).join(" ")].filter(Boolean).join(", ");
}

function textOf(found: Attributes, tag: string): string {
  const value = found[tag]?.Value?.[0];
  return typeof value === "string" ? value : "";
}

function numberOf(found: Attributes, tag: string): number | undefined {
  const value = Number(found[tag]?.Value?.[0]);
  return Number.isFinite(value) ? value : undefined;
}

/** An answer of the archive, or what went wrong in a sentence. */
async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const { status = 0 } = error as { status?: number };
    throw refusalOf(status);
  }
}

function refusalOf(status: number): LabError {
  if (status === 404) {
    return new LabError("not-found", "No archive stands behind this page.", {
      hint: "Start it with: npm start -- --dicomweb http://ADDRESS/dicom-web. The page reaches an archive only through its own server.",
    });
  }
  if (status === 401 || status === 403) {
    return new LabError("not-found", "The archive wants a name and a password, or other ones.", {
      hint: "They go into the address the page's server is started with: http://name:password@ADDRESS/dicom-web.",
    });
  }
  if (status === 502 || status === 0) {
    return new LabError("not-found", "The archive does not answer.", {
      hint: "See that it runs, and that the page's server was started with its address.",
    });
  }
  return new LabError("not-found", `The archive refused this (status ${status}).`, {
    hint: "Try other words, or look into the archive's own log.",
  });
}
