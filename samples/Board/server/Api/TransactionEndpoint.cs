using System.Globalization;
using System.Text.Json;
using BoardSample.Model;

namespace BoardSample.Api;

/// <summary>
/// <c>POST /api/transaction</c>: operations on any sets, in order, in one database transaction. <c>"$0"</c> as an id or value
/// is the id that operation 0 made (not in text columns: there it is text). The first failure rolls everything back.
/// </summary>
internal static class TransactionEndpoint
{
    private sealed record Operation(string? Op = null, string? Entity = null, JsonElement? Id = null, Fields? Values = null);

    private sealed record Outcome(string Entity, object Id, Row? Row);

    public static void MapTransaction(this IEndpointRouteBuilder api, RowSets sets) =>
        api.MapPost("transaction", async (BoardDb db, HttpRequest request, CancellationToken token) =>
        {
            var operations = await ApiJson.ReadAsync<JsonElement[]>(request, token);
            var outcomes = new List<Outcome>(operations.Length);
            await using var transaction = await db.Database.BeginTransactionAsync(token);
            foreach (var operation in operations)
            {
                try
                {
                    outcomes.Add(await RunAsync(db, sets, operation, outcomes, token));
                }
                catch (Exception e) when (Problems.Describe(e) is { Status: < 500 } problem)
                {
                    throw new ApiException(problem.Status, $"Operation {outcomes.Count}: {problem.Message}", e) { OperationIndex = outcomes.Count };
                }
            }

            await transaction.CommitAsync(token);
            return TypedResults.Ok(outcomes);
        });

    private static async Task<Outcome> RunAsync(BoardDb db, RowSets sets, JsonElement json, List<Outcome> outcomes, CancellationToken token)
    {
        var operation = Parse(json);
        var set = sets.Find(operation.Entity ?? throw ApiException.BadField("entity", "is required"));
        var values = (operation.Values ?? []).ToDictionary(
            v => v.Key, v => set.Field(v.Key).IsText ? v.Value : Resolve(v.Value, outcomes), StringComparer.Ordinal);

        switch (operation.Op)
        {
            case "insert":
                if (operation.Id is { } chosen)
                {
                    values[set.Key.Name] = Resolve(chosen, outcomes);
                }

                var made = await set.InsertAsync(db, values, token);
                return new Outcome(set.Name, made[set.Key.Name]!, made);

            case "update":
                var changed = Id();
                return new Outcome(set.Name, changed, await set.UpdateAsync(db, changed, values, token));

            case "delete":
                var gone = Id();
                await set.DeleteAsync(db, gone, token);
                return new Outcome(set.Name, gone, null);

            default:
                throw ApiException.BadField("op", "must be insert, update or delete");
        }

        object Id() => set.Key.Read(Resolve(operation.Id ?? throw ApiException.BadField("id", "is required"), outcomes))!;
    }

    private static Operation Parse(JsonElement json)
    {
        try
        {
            return json.Deserialize<Operation>(ApiJson.Options) ?? throw ApiException.BadRequest("An operation must not be null.");
        }
        catch (JsonException e)
        {
            throw ApiException.BadRequest($"An operation has op, entity, id and values, and nothing else (at {e.Path}).");
        }
    }

    private static JsonElement Resolve(JsonElement value, List<Outcome> outcomes)
    {
        if (value.GetRawText() is not ['"', '$', .. var digits, '"'])
        {
            return value;
        }

        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < outcomes.Count
            ? JsonSerializer.SerializeToElement(outcomes[index].Id)
            : throw ApiException.BadRequest($"'${digits}' does not name an operation before this one.");
    }
}
