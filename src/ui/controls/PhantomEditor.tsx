/** The open phantom: its findings with amounts, and the patient they are in. */
import { Menu } from "@mantine/core";
import { FINDING_KINDS, FINDINGS, PATIENT_PARAMS } from "../../phantom/spec.ts";
import type { FindingSpec, PhantomSpec, Side } from "../../phantom/spec.ts";
import { drawPatient } from "../../phantom/patient.ts";
import {
  addFinding,
  canAddFinding,
  nextPatient,
  removeFinding,
  setFinding,
  setPatient,
  withoutFindings,
} from "../../state/phantomEdits.ts";
import { SPEC_LIMITS } from "../../experiment/params.ts";
import { Icon } from "../kit/icons.tsx";
import { useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { Select } from "../kit/Select.tsx";
import styles from "./case.module.css";
import { ParamSlider } from "./ParamSlider.tsx";

export function PhantomEditor({ phantom }: { readonly phantom: PhantomSpec }) {
  const { edit } = useStores().experiment.getState();
  return (
    <>
      <div className={styles.actions}>
        <AddFindingMenu phantom={phantom} />
        <Button
          look="outlined"
          title="Another patient with the same findings"
          onClick={() => edit(nextPatient())}
        >
          Next patient
        </Button>
        <Button
          look="outlined"
          aria-label="Same patient, healthy"
          title="The same patient without any finding"
          disabled={phantom.findings.length === 0}
          onClick={() => edit(withoutFindings())}
        >
          Healthy
        </Button>
      </div>
      {phantom.findings.map((finding, index) => (
        <Finding key={`${finding.kind} ${index}`} finding={finding} index={index} />
      ))}
      <PatientSliders phantom={phantom} />
    </>
  );
}

function AddFindingMenu({ phantom }: { readonly phantom: PhantomSpec }) {
  const { edit } = useStores().experiment.getState();
  return (
    <Menu
      position="right-start"
      width={220}
      withInitialFocusPlaceholder={false}
      portalProps={{ target: "#layer" }}
    >
      <Menu.Target>
        <Button
          look="outlined"
          aria-label="Add a finding"
          disabled={phantom.findings.length >= SPEC_LIMITS.phantomFindings}
        >
          <Icon name="add" size={13} /> Finding
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {FINDING_KINDS.map((kind) => (
          <Menu.Item
            key={kind}
            disabled={!canAddFinding(phantom, kind)}
            onClick={() => edit(addFinding(kind))}
          >
            {FINDINGS[kind].label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Finding({ finding, index }: { readonly finding: FindingSpec; readonly index: number }) {
  const { edit } = useStores().experiment.getState();
  const meta = FINDINGS[finding.kind];
  return (
    <div role="group" aria-label={meta.label}>
      <div className={styles.finding}>
        <span className={styles.findingName}>{meta.label}</span>
        {meta.sided ? (
          <Select
            aria-label={`${meta.label}: side`}
            value={finding.side ?? ""}
            onChange={(event) =>
              edit(setFinding(index, { side: event.currentTarget.value as Side }))
            }
          >
            {finding.side === undefined && <option value="">as drawn</option>}
            <option value="left">left</option>
            <option value="right">right</option>
          </Select>
        ) : (
          <span />
        )}
        <Button aria-label={`${meta.label}: remove`} onClick={() => edit(removeFinding(index))}>
          <Icon name="close" size={13} />
        </Button>
      </div>
      <ParamSlider
        context={meta.label}
        meta={{ ...meta, label: meta.measure }}
        value={finding.amount ?? meta.default}
        accent="clean"
        onChange={(amount) => edit(setFinding(index, { amount }))}
      />
    </div>
  );
}

function PatientSliders({ phantom }: { readonly phantom: PhantomSpec }) {
  const { edit } = useStores().experiment.getState();
  const drawn = drawPatient(phantom.seed);
  const patient = { ...drawn, ...phantom.patient };
  return (
    <details className={styles.more}>
      <summary>{`Patient ${phantom.seed}: ${patient.age} years, ${patient.sex}, ${patient.view}`}</summary>
      {Object.entries(PATIENT_PARAMS).map(([name, meta]) => {
        const key = name as keyof typeof PATIENT_PARAMS;
        return (
          <ParamSlider
            key={key}
            context="Patient"
            meta={{ ...meta, default: drawn[key] }}
            value={patient[key]}
            accent="clean"
            onChange={(value) => edit(setPatient({ [key]: value }))}
          />
        );
      })}
      <div className={styles.twin}>
        <Select
          aria-label="Patient: sex"
          value={patient.sex}
          onChange={(event) =>
            edit(setPatient({ sex: event.currentTarget.value as "female" | "male" }))
          }
        >
          <option value="female">female</option>
          <option value="male">male</option>
        </Select>
        <Select
          aria-label="Patient: view"
          value={patient.portable ? "portable" : patient.view}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            edit(
              setPatient({ view: chosen === "PA" ? "PA" : "AP", portable: chosen === "portable" }),
            );
          }}
        >
          <option value="PA">PA view</option>
          <option value="AP">AP view</option>
          <option value="portable">portable AP</option>
        </Select>
      </div>
    </details>
  );
}
