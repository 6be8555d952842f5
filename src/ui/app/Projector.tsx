/** Projector mode: its styles come with this part, which is fetched when the mode is first chosen. */
import "./projector.css";
import { useStores } from "../context/stores.ts";

export function Projector() {
  const { room } = useStores();
  return (
    <button
      type="button"
      className="projector-end"
      onClick={() => room.getState().set({ isProjector: false })}
    >
      End projector mode
    </button>
  );
}
