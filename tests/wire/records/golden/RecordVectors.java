import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;

/**
 * Writes record batches with Kafka's own library, and reads batches with it. Either way it prints
 * one JSON object per line: the bytes, and what the library says is in them.
 *
 *   java -cp CLASSPATH RecordVectors.java write
 *   java -cp CLASSPATH RecordVectors.java read FILE     (lines of "name hex")
 */
public class RecordVectors {
    private static final HexFormat HEX = HexFormat.of();
    private static final long TIME = 1_700_000_000_000L;

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("read")) {
            for (String line : Files.readAllLines(Path.of(arguments[1]))) {
                String[] parts = line.split(" ");
                byte[] data = HEX.parseHex(parts[1]);
                print(parts[0], MemoryRecords.readableRecords(ByteBuffer.wrap(data)));
            }
            return;
        }
        for (byte magic = 0; magic <= 2; magic++) {
            for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
                if (magic == 2 || !codec.equals("zstd")) {
                    writePlain(magic, codec);
                }
            }
        }
        writeVersion2();
        writeControl();
    }

    private static void writePlain(byte magic, String codec) {
        String name = "magic" + magic + "_" + codec;
        Compression compression = Compression.of(codec).build();
        boolean headers = magic == 2;
        MemoryRecordsBuilder mixed = builder(magic, compression, TimestampType.CREATE_TIME, 100);
        mixed.append(record(magic, 0, "k1", "first", headers));
        mixed.append(record(magic, 7, null, "no key", false));
        mixed.append(record(magic, -3, "k3", null, headers));
        mixed.append(record(magic, 300_000, "", "", false));
        print(name, mixed.build());

        MemoryRecordsBuilder large = builder(magic, compression, TimestampType.CREATE_TIME, 5);
        if (!codec.equals("none")) {
            large.append(record(magic, 0, "a", "a".repeat(100_000), false));
            large.append(record(magic, 1, "b", "b".repeat(100_000), false));
            print(name + "_large", large.build());
        }
        if (magic > 0) {
            MemoryRecordsBuilder stamped =
                builder(magic, compression, TimestampType.LOG_APPEND_TIME, 40);
            stamped.append(record(magic, 0, "k1", "v1", false));
            stamped.append(record(magic, 9, "k2", "v2", false));
            print(name + "_log_append_time", stamped.build());
        }
        MemoryRecordsBuilder gaps = builder(magic, compression, TimestampType.CREATE_TIME, 10);
        gaps.appendWithOffset(10, record(magic, 0, "k", "ten", headers));
        gaps.appendWithOffset(13, record(magic, 1, "k", "thirteen", false));
        gaps.appendWithOffset(20, record(magic, 2, "k", "twenty", false));
        print(name + "_gaps", gaps.build());
    }

    private static void writeVersion2() {
        SimpleRecord[] two = {record((byte) 2, 0, "a", "1", true), record((byte) 2, 1, "b", "2", false)};
        print("idempotent",
            MemoryRecords.withIdempotentRecords((byte) 2, 50, Compression.NONE, 9000L, (short) 3, 17, 4, two));
        print("transactional",
            MemoryRecords.withTransactionalRecords(
                (byte) 2, 60, Compression.of("lz4").build(), 9001L, (short) 1, Integer.MAX_VALUE, 5, two));
        MemoryRecordsBuilder horizon = new MemoryRecordsBuilder(
            ByteBuffer.allocate(1024), (byte) 2, Compression.NONE, TimestampType.CREATE_TIME, 70L,
            0L, 9002L, (short) 0, 3, false, false, 6, 1024);
        horizon.append(two[0]);
        horizon.overrideLastOffset(75);
        print("last_offset_beyond_the_records", horizon.build());
        MemoryRecordsBuilder tombstones = new MemoryRecordsBuilder(
            new org.apache.kafka.common.utils.ByteBufferOutputStream(1024), (byte) 2, Compression.NONE,
            TimestampType.CREATE_TIME, 80L, RecordBatch.NO_TIMESTAMP, -1L, (short) -1, -1, false, false, 6,
            1024, TIME + 1000);
        tombstones.append(record((byte) 2, 0, "gone", null, false));
        print("delete_horizon", tombstones.build());
        ByteArrayOutputStream several = new ByteArrayOutputStream();
        for (long offset : new long[] {0, 2, 4}) {
            MemoryRecords one = MemoryRecords.withRecords((byte) 2, offset, Compression.NONE, two);
            several.writeBytes(bytes(one));
        }
        print("several", MemoryRecords.readableRecords(ByteBuffer.wrap(several.toByteArray())));
    }

    private static void writeControl() {
        for (ControlRecordType type : List.of(ControlRecordType.COMMIT, ControlRecordType.ABORT)) {
            print(type.name().toLowerCase(),
                MemoryRecords.withEndTransactionMarker(
                    200, TIME, 8, 9003L, (short) 2, new EndTransactionMarker(type, 12)));
        }
        print("leader_change",
            MemoryRecords.withLeaderChangeMessage(
                210, TIME, 9, ByteBuffer.allocate(256), new LeaderChangeMessage().setLeaderId(1)));
    }

    private static MemoryRecordsBuilder builder(
            byte magic, Compression compression, TimestampType type, long baseOffset) {
        long appendTime = type == TimestampType.LOG_APPEND_TIME ? TIME + 5 : RecordBatch.NO_TIMESTAMP;
        return MemoryRecords.builder(
            ByteBuffer.allocate(4096), magic, compression, type, baseOffset, appendTime);
    }

    private static SimpleRecord record(byte magic, long later, String key, String value, boolean headers) {
        Header[] some = {
            new RecordHeader("h", "x".getBytes(StandardCharsets.UTF_8)),
            new RecordHeader("schlüssel", null),
            new RecordHeader("", new byte[0]),
        };
        long timestamp = magic == 0 ? RecordBatch.NO_TIMESTAMP : TIME + later;
        return new SimpleRecord(timestamp, utf8(key), utf8(value), headers ? some : Record.EMPTY_HEADERS);
    }

    private static byte[] utf8(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] bytes(MemoryRecords records) {
        byte[] data = new byte[records.sizeInBytes()];
        records.buffer().duplicate().get(data);
        return data;
    }

    private static void print(String name, MemoryRecords records) {
        List<String> batches = new ArrayList<>();
        List<String> all = new ArrayList<>();
        for (MutableRecordBatch batch : records.batches()) {
            batch.ensureValid();
            if (batch.magic() == 2) {
                batches.add(describe(batch));
            }
            for (Record record : batch) {
                record.ensureValid();
                all.add(describe(record));
            }
        }
        System.out.printf("{\"name\":\"%s\",\"data\":\"%s\",\"batches\":[%s],\"records\":[%s]}%n",
            name, HEX.formatHex(bytes(records)), String.join(",", batches),
            String.join(",", all));
    }

    private static String describe(RecordBatch batch) {
        return String.format(
            "{\"base_offset\":%d,\"last_offset\":%d,\"size_bytes\":%d,\"crc\":%d,\"max_timestamp\":%d,"
                + "\"partition_leader_epoch\":%d,\"producer_id\":%d,\"producer_epoch\":%d,"
                + "\"base_sequence\":%d,\"last_sequence\":%d,\"record_count\":%d,\"compression\":%d,"
                + "\"timestamp_type\":%d,\"is_transactional\":%b,\"is_control\":%b,"
                + "\"has_delete_horizon\":%b}",
            batch.baseOffset(), batch.lastOffset(), batch.sizeInBytes(), batch.checksum(),
            batch.maxTimestamp(), batch.partitionLeaderEpoch(), batch.producerId(),
            batch.producerEpoch(), batch.baseSequence(), batch.lastSequence(),
            batch.countOrNull(), batch.compressionType().id, batch.timestampType().id,
            batch.isTransactional(), batch.isControlBatch(), batch.deleteHorizonMs().isPresent());
    }

    private static String describe(Record record) {
        List<String> headers = new ArrayList<>();
        for (Header header : record.headers()) {
            headers.add("[" + text(utf8(header.key())) + "," + text(header.value()) + "]");
        }
        return String.format("{\"offset\":%d,\"timestamp_ms\":%d,\"key\":%s,\"value\":%s,\"headers\":[%s]}",
            record.offset(), record.timestamp(), text(record.key()), text(record.value()),
            String.join(",", headers));
    }

    private static String text(ByteBuffer buffer) {
        if (buffer == null) {
            return "null";
        }
        byte[] data = new byte[buffer.remaining()];
        buffer.duplicate().get(data);
        return text(data);
    }

    /** Hexadecimal, or the repeated byte and its count where that is all there is. */
    private static String text(byte[] data) {
        if (data == null) {
            return "null";
        }
        if (data.length > 1000) {
            return String.format("{\"byte\":%d,\"count\":%d}", data[0], data.length);
        }
        return "\"" + HEX.formatHex(data) + "\"";
    }
}
