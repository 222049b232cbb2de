;; Hamming distances of 256-bit codes, 32 bytes each. `i64.popcnt` is one instruction on x86-64 and four on arm64; with
;; it and the way out after half of the bits a comparison takes under a nanosecond. `i8x16.popcnt` is seven instructions
;; on x86-64 and needs a sum across the lanes: docs/decisions/hamming-kernel.md has the measurement.
(module
  (memory (export "memory") 16)

  ;; Bits in which 16 bytes differ.
  (func $half (param $a i32) (param $b i32) (result i32)
    (i32.wrap_i64 (i64.add
      (i64.popcnt (i64.xor (i64.load (local.get $a)) (i64.load (local.get $b))))
      (i64.popcnt (i64.xor (i64.load offset=8 (local.get $a)) (i64.load offset=8 (local.get $b)))))))

  ;; Bits in which two codes differ.
  (func $distance (export "distance") (param $a i32) (param $b i32) (result i32)
    (i32.add
      (call $half (local.get $a) (local.get $b))
      (call $half (i32.add (local.get $a) (i32.const 16)) (i32.add (local.get $b) (i32.const 16)))))

  ;; Whether one of the first `chunk` pieces of 16 bits differs in at most one bit: then the pair is reported there.
  (func $admittedBefore (param $a i32) (param $b i32) (param $chunk i32) (result i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $a) (i32.shl (local.get $chunk) (i32.const 1))))
    (block $none
      (loop $next
        (br_if $none (i32.ge_u (local.get $a) (local.get $end)))
        (if (i32.le_u (i32.popcnt (i32.xor (i32.load16_u (local.get $a)) (i32.load16_u (local.get $b)))) (i32.const 1))
          (then (return (i32.const 1))))
        (local.set $a (i32.add (local.get $a) (i32.const 2)))
        (local.set $b (i32.add (local.get $b) (i32.const 2)))
        (br $next)))
    (i32.const 0))

  ;; One code against `count` codes in a row: writes (index, distance) for each within `limit`, answers with the end of
  ;; what was written.
  (func (export "scan") (param $query i32) (param $codes i32) (param $count i32) (param $limit i32) (param $out i32) (result i32)
    (local $q0 i64) (local $q1 i64) (local $q2 i64) (local $q3 i64) (local $at i32) (local $end i32) (local $bits i32)
    (local.set $q0 (i64.load (local.get $query)))
    (local.set $q1 (i64.load offset=8 (local.get $query)))
    (local.set $q2 (i64.load offset=16 (local.get $query)))
    (local.set $q3 (i64.load offset=24 (local.get $query)))
    (local.set $at (local.get $codes))
    (local.set $end (i32.add (local.get $codes) (i32.shl (local.get $count) (i32.const 5))))
    (block $done
      (br_if $done (i32.eqz (local.get $count)))
      (loop $next
        (local.set $bits (i32.wrap_i64 (i64.add
          (i64.popcnt (i64.xor (i64.load (local.get $at)) (local.get $q0)))
          (i64.popcnt (i64.xor (i64.load offset=8 (local.get $at)) (local.get $q1))))))
        (if (i32.le_u (local.get $bits) (local.get $limit))
          (then
            (local.set $bits (i32.add (local.get $bits) (i32.wrap_i64 (i64.add
              (i64.popcnt (i64.xor (i64.load offset=16 (local.get $at)) (local.get $q2)))
              (i64.popcnt (i64.xor (i64.load offset=24 (local.get $at)) (local.get $q3)))))))
            (if (i32.le_u (local.get $bits) (local.get $limit))
              (then
                (i32.store (local.get $out) (i32.shr_u (i32.sub (local.get $at) (local.get $codes)) (i32.const 5)))
                (i32.store offset=4 (local.get $out) (local.get $bits))
                (local.set $out (i32.add (local.get $out) (i32.const 8)))))))
        (local.set $at (i32.add (local.get $at) (i32.const 32)))
        (br_if $next (i32.lt_u (local.get $at) (local.get $end)))))
    (local.get $out))

  ;; Each of `countA` codes of a bucket against each of `countB` of another. `halvesA` and `halvesB` hold 16 bytes of each code, in rows, that do not contain the chunk by which they are
  ;; sorted; `orderA` and `orderB` hold their places among all codes. Writes (place of a, place of b, distance) for each
  ;; pair within `limit` that no earlier chunk admits, answers with the end of what was written.
  (func (export "rectangle")
    (param $halvesA i32) (param $orderA i32) (param $countA i32) (param $codesA i32)
    (param $halvesB i32) (param $orderB i32) (param $countB i32) (param $codesB i32)
    (param $chunk i32) (param $limit i32) (param $out i32) (result i32)
    (local $a0 i64) (local $a1 i64) (local $i i32) (local $at i32) (local $end i32) (local $wholeA i32) (local $wholeB i32) (local $bits i32)
    (local.set $end (i32.add (local.get $halvesB) (i32.shl (local.get $countB) (i32.const 4))))
    (block $done
      (loop $row
        (br_if $done (i32.ge_u (local.get $i) (local.get $countA)))
        (local.set $at (local.get $halvesB))
        (local.set $a0 (i64.load (i32.add (local.get $halvesA) (i32.shl (local.get $i) (i32.const 4)))))
        (local.set $a1 (i64.load offset=8 (i32.add (local.get $halvesA) (i32.shl (local.get $i) (i32.const 4)))))
        (block $rowDone
          (br_if $rowDone (i32.ge_u (local.get $at) (local.get $end)))
          (loop $next
            (if (i32.le_u
                (i32.wrap_i64 (i64.add
                  (i64.popcnt (i64.xor (i64.load (local.get $at)) (local.get $a0)))
                  (i64.popcnt (i64.xor (i64.load offset=8 (local.get $at)) (local.get $a1)))))
                (local.get $limit))
              (then
                (local.set $wholeA (i32.load (i32.add (local.get $orderA) (i32.shl (local.get $i) (i32.const 2)))))
                (local.set $wholeB (i32.load (i32.add (local.get $orderB)
                  (i32.shr_u (i32.sub (local.get $at) (local.get $halvesB)) (i32.const 2)))))
                (i32.store (local.get $out) (local.get $wholeA))
                (i32.store offset=4 (local.get $out) (local.get $wholeB))
                (local.set $wholeA (i32.add (local.get $codesA) (i32.shl (local.get $wholeA) (i32.const 5))))
                (local.set $wholeB (i32.add (local.get $codesB) (i32.shl (local.get $wholeB) (i32.const 5))))
                (local.set $bits (call $distance (local.get $wholeA) (local.get $wholeB)))
                (if (i32.le_u (local.get $bits) (local.get $limit))
                  (then
                    (if (i32.eqz (call $admittedBefore (local.get $wholeA) (local.get $wholeB) (local.get $chunk)))
                      (then
                        (i32.store offset=8 (local.get $out) (local.get $bits))
                        (local.set $out (i32.add (local.get $out) (i32.const 12)))))))))
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (br_if $next (i32.lt_u (local.get $at) (local.get $end)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $row)))
    (local.get $out)))
