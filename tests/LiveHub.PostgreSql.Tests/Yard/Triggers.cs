namespace LiveHub.PostgreSql.Tests.Yard;

/// <summary>What the database does by itself.</summary>
internal static class Triggers
{
    public const string Sql = """
        create function stock_revision() returns trigger language plpgsql as $$ begin new."Revision" := coalesce(old."Revision", 0) + 1; return new; end $$;
        create trigger stock_revision before insert or update on "Stock" for each row execute function stock_revision();
        create function sign_before() returns trigger language plpgsql as $$ begin new."Shout" := upper(new."Name"); return new; end $$;
        create trigger sign_before before insert or update on "Sign" for each row execute function sign_before();
        create function sign_after() returns trigger language plpgsql as $$ begin update "Sign" set "Echo" = length(new."Name") where "Id" = new."Id"; return null; end $$;
        create trigger sign_after after insert or update on "Sign" for each row when (pg_trigger_depth() = 0) execute function sign_after();
        """;
}
