using BoardSample.Model;

namespace BoardSample.Api;

/// <summary><c>GET|POST /api/{set}</c> and <c>GET|PATCH|DELETE /api/{set}/{id}</c>.</summary>
internal static class RowEndpoints
{
    public static void MapRows(this IEndpointRouteBuilder api, RowSet set)
    {
        var rows = api.MapGroup(set.Name);

        rows.MapGet("", async (BoardDb db, HttpRequest request, CancellationToken token) =>
            TypedResults.Ok(await set.ListAsync(db, request.Query, token)));

        rows.MapPost("", async (BoardDb db, HttpRequest request, CancellationToken token) =>
        {
            var row = await set.InsertAsync(db, await ApiJson.ReadAsync<Fields>(request, token), token);
            return TypedResults.Created($"{request.Path}/{row[set.Key.Name]}", row);
        });

        rows.MapGet("{id}", async (BoardDb db, string id, CancellationToken token) =>
            TypedResults.Ok(await set.GetAsync(db, set.ParseId(id), token)));

        rows.MapPatch("{id}", async (BoardDb db, string id, HttpRequest request, CancellationToken token) =>
            TypedResults.Ok(await set.UpdateAsync(db, set.ParseId(id), await ApiJson.ReadAsync<Fields>(request, token), token)));

        rows.MapDelete("{id}", async (BoardDb db, string id, CancellationToken token) =>
        {
            await set.DeleteAsync(db, set.ParseId(id), token);
            return TypedResults.NoContent();
        });
    }
}
