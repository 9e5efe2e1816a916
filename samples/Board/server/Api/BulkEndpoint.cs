using BoardSample.Model;

namespace BoardSample.Api;

/// <summary><c>POST /api/cards/bulk</c>: changes all cards that match by ExecuteUpdate, past the change tracker.</summary>
internal static class BulkEndpoint
{
    private sealed record Bulk(Fields? Where = null, Fields? Set = null);

    public static void MapBulk(this IEndpointRouteBuilder api, RowSet cards) =>
        api.MapPost($"{cards.Name}/bulk", async (BoardDb db, HttpRequest request, CancellationToken token) =>
        {
            var bulk = await ApiJson.ReadAsync<Bulk>(request, token);
            var where = bulk.Where ?? throw ApiException.BadField("where", "is required");
            var set = bulk.Set is { Count: > 0 } ? bulk.Set : throw ApiException.BadField("set", "must name a field");
            return TypedResults.Ok(new { updated = await cards.UpdateAllAsync(db, where, set, token) });
        });
}
