/// <summary>A piano-roll.</summary>
internal sealed class Roll
{
    public const int Keys = 88;

    private static readonly int[][] s_chords = [[0, 4, 7], [5, 9, 12], [7, 11, 14], [9, 12, 16]];

    public string SequenceId { get; set; } = "";

    public float[] Observations { get; set; } = [];

    /// <summary>A key for each song, a chord for every four steps, mostly the one before's neighbour, and its bass.</summary>
    public static List<Roll> Make(int count)
    {
        var random = new Random(4);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            int root = 36 + random.Next(5), chord = 0;
            var keys = new float[4 * random.Next(8, 16) * Keys];
            for (int step = 0; step < keys.Length / Keys; step++)
            {
                chord = step % 4 > 0 ? chord : (chord + random.Next(3) + 3) % s_chords.Length;
                foreach (int note in s_chords[chord].Append(s_chords[chord][0] - 12))
                    keys[step * Keys + root + note] = 1;
            }
            return new Roll { SequenceId = $"song-{i}", Observations = keys };
        })];
    }
}
