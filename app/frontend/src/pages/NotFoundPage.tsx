import { Link } from "../app/router";
import { PageTitle } from "../components/PageTitle";

export function NotFoundPage() {
  return (
    <div className="narrow">
      <PageTitle>Nothing here</PageTitle>
      <p>
        This address leads nowhere. <Link to="/">Go to the pictures.</Link>
      </p>
    </div>
  );
}
